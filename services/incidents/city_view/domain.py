"""What the wall of the city desk shows: counts by district, and the last events without persons."""

from collections.abc import Mapping
from datetime import datetime

from chassis.domain import Frozen
from contracts.vocabulary import Category, Route, Urgency
from jinan.local_time import LOCAL
from services.incidents.report.domain.states import ReportState

USUAL_DAYS = 28
"""The days before today that `usual` is the mean of: four of each weekday."""


class DistrictNow(Frozen):
    """`usual`: how many were filed by this time of day, the mean of the last four weeks.
    `under_way`: filed today and not resolved yet. `minutes_to_accepted`: the median of today, None
    before anybody accepted. `nobody_came`: filed today, and no volunteer was found."""

    district: str
    reports_today: int = 0
    usual: float = 0
    under_way: int = 0
    nobody_came: int = 0
    minutes_to_accepted: float | None = None


class CityEvent(Frozen):
    """A report, as anybody may know of it: no number, no text, no place below the street."""

    filed_at: datetime
    street: str
    category: Category
    urgency: Urgency
    route: Route
    state: ReportState
    escalated: bool


class CitySnapshot(Frozen):
    at: datetime
    districts: tuple[DistrictNow, ...]
    events: tuple[CityEvent, ...]


def usual_by(now: datetime, by_hour: Mapping[int, int]) -> float:
    """The mean of reports filed by this time of day, from how many were filed in each local hour
    in `USUAL_DAYS` days: those of the hours before, and a part of the present one."""
    local = now.astimezone(LOCAL)
    part = (local.minute * 60 + local.second) / 3600
    before = sum(count for hour, count in by_hour.items() if hour < local.hour)
    return round((before + part * by_hour.get(local.hour, 0)) / USUAL_DAYS, 1)
