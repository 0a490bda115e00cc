"""Figures for the city's screen and for charts."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import LocalizedText, View
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.texts import text
from contracts.vocabulary import Category, Route, Urgency
from jinan.areas import AREA_PATTERN, CITY, covers
from jinan.divisions import name_of
from jinan.local_time import local_date
from services.incidents.city_view.domain import CityEvent, DistrictNow
from services.incidents.city_view.handlers import CityViewHandlers
from services.incidents.figures.domain import may_see
from services.incidents.figures.series import SeriesPoint, SeriesSplit, count_by_day, days
from services.incidents.report.domain.states import ReportState
from services.incidents.report.store import Reports

router = APIRouter(prefix="/figures", tags=["figures"], route_class=PlainRoute)
Reader = Annotated[Principal, allow("figures.read")]


class DistrictNowView(View):
    """`usual`: how many were filed by this time of day, the mean of the last four weeks.
    `under_way`: filed today and not resolved yet. `nobody_came`: filed today, and no volunteer was
    found. `minutes_to_accepted`: today's median from filing, null before anybody accepted."""

    district: ids.AreaCode
    district_name: str = Field(examples=["槐荫区"])
    reports_today: int
    usual: float
    under_way: int
    nobody_came: int
    minutes_to_accepted: float | None


class CityEventView(View):
    """A report of today, without anything personal: no number, no text, no place below the
    street."""

    filed_at: datetime
    street: ids.AreaCode
    street_name: str = Field(examples=["段店北路街道"])
    category: Category
    category_text: LocalizedText
    urgency: Urgency
    route: Route
    state: ReportState
    state_text: LocalizedText
    escalated: bool


class CitySnapshotView(View):
    """As it was `at`, up to 5 s ago; the same for all who ask. Events: the latest first."""

    at: datetime
    districts: list[DistrictNowView]
    events: list[CityEventView]


class SeriesPointView(View, SeriesPoint):
    """Of the reports filed on a local day. `split`: the district or station, absent where the
    point is of all, or of those without a station; `label`: the district's name. Minutes from
    filing, the median."""

    label: str | None


class SeriesView(View):
    """By day, then by split. Days without reports have no point. The cases of a point:
    `GET /reports` with its day as `from` and `to`, and its district or station."""

    area: ids.AreaCode
    first: date
    last: date
    split: SeriesSplit
    points: list[SeriesPointView]


@router.get("/city", summary="The city now", responses=refuses("outside_area"))
async def get_city_figures(
    who: Reader, city: Annotated[CityViewHandlers, provided(CityViewHandlers)]
) -> CitySnapshotView:
    """For the city desk and the city's officers. May be asked every few seconds by every screen."""
    grants = who.grants_for("figures.read")
    if not any(g.role in ("city_desk", "officer") and covers(g.area, CITY) for g in grants):
        raise Refusal("outside_area")
    found = await city.snapshot()
    return CitySnapshotView(
        at=found.at,
        districts=[_district(one) for one in found.districts],
        events=[_event(one) for one in found.events],
    )


@router.get("/series", summary="Figures by day", responses=refuses("span_invalid", "outside_area"))
async def get_figure_series(
    who: Reader,
    reports: Annotated[Reports, provided(Reports)],
    clock: Now,
    area: Annotated[str, Query(pattern=AREA_PATTERN, examples=["370104"])],
    split: SeriesSplit = "none",
    first: Annotated[
        date | None, Query(alias="from", description="local day, included; 29 days before `to`")
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="local day, included; today")
    ] = None,
) -> SeriesView:
    """At most 366 days; by district 92, by station 31. Residents and volunteers: of one community
    (12 digits)."""
    if not may_see(who, area):
        raise Refusal("outside_area")
    begin, end = days(first, last, local_date(clock.now()), split)
    points = await count_by_day(reports, area, begin, end, split)
    return SeriesView(
        area=area,
        first=begin,
        last=end,
        split=split,
        points=[_point(point, split) for point in points],
    )


def _point(point: SeriesPoint, split: SeriesSplit) -> SeriesPointView:
    label = name_of(point.split) if split == "district" and point.split else None
    return SeriesPointView(**point.model_dump(), label=label)


def _district(one: DistrictNow) -> DistrictNowView:
    return DistrictNowView(**one.model_dump(), district_name=name_of(one.district))


def _event(one: CityEvent) -> CityEventView:
    return CityEventView(
        **one.model_dump(),
        street_name=name_of(one.street),
        category_text=text(f"category.{one.category}"),
        state_text=text(f"state.{one.state}"),
    )
