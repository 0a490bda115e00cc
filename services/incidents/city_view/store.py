"""Counts for the city screen, from the reports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import DESCENDING

from jinan.areas import CITY, street_of
from services.incidents.city_view.domain import CityEvent
from services.incidents.figures.store import DISTRICT, TIME_ZONE, filed, minutes_until
from services.incidents.report.domain.states import OPEN
from services.incidents.report.store import Reports

_LIMIT_MS = 5000
_EVENTS = 20
_FIELDS = dict.fromkeys(
    ("filed_at", "area", "category", "urgency", "route", "state", "escalated"), 1
)


async def count_today(reports: Reports, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Rows by district and whole minutes to the acceptance, null before it."""
    group = {
        "_id": {"district": DISTRICT, "minutes": minutes_until("accepted_at")},
        "n": {"$sum": 1},
        "under_way": _sum_if({"$in": ["$state", sorted(OPEN)]}),
        "nobody_came": _sum_if(_NOBODY_CAME),
    }
    return await _grouped(reports, since, now, group)


async def count_by_hour(
    reports: Reports, since: datetime, until: datetime
) -> dict[str, dict[int, int]]:
    """District -> local hour -> reports filed in it, over all days of the span."""
    hour = {"$hour": {"date": "$filed_at", "timezone": TIME_ZONE}}
    group = {"_id": {"district": DISTRICT, "hour": hour}, "n": {"$sum": 1}}
    found: dict[str, dict[int, int]] = {}
    for row in await _grouped(reports, since, until, group):
        found.setdefault(row["_id"]["district"], {})[row["_id"]["hour"]] = row["n"]
    return found


async def last_filed(reports: Reports, since: datetime) -> Sequence[CityEvent]:
    """The latest first. Nothing personal is read."""
    query = filed(CITY, since)
    cursor = reports.collection.find(query, _FIELDS, limit=_EVENTS, max_time_ms=_LIMIT_MS)
    newest = cursor.sort([("filed_at", DESCENDING), ("_id", DESCENDING)])
    return [
        CityEvent(
            filed_at=one["filed_at"],
            street=street_of(one["area"]),
            category=one["category"],
            urgency=one["urgency"],
            route=one["route"],
            state=one["state"],
            escalated=bool(one.get("escalated")),
        )
        async for one in newest
    ]


_SHORT = ["nobody_on_duty", "nobody_answered"]
_NOBODY_CAME = {
    "$gt": [{"$size": {"$setIntersection": [{"$ifNull": ["$escalations", []]}, _SHORT]}}, 0]
}


def _sum_if(condition: dict[str, Any]) -> dict[str, Any]:
    return {"$sum": {"$cond": [condition, 1, 0]}}


async def _grouped(
    reports: Reports, since: datetime, until: datetime, group: dict[str, Any]
) -> list[dict[str, Any]]:
    pipeline = [{"$match": filed(CITY, since, until)}, {"$group": group}]
    cursor = await reports.collection.aggregate(pipeline, maxTimeMS=_LIMIT_MS)
    return await cursor.to_list()
