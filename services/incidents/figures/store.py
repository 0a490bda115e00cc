"""Figures, counted on demand by the index of the area's reports."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chassis.mongo.store import Document
from services.incidents.figures.domain import Figures, median
from services.incidents.report.domain.states import PHASES
from services.incidents.report.store import Reports

LIMIT_MS = 8000
TIME_ZONE = "+08:00"
"""Jinan's, all year."""
DISTRICT: Document = {"$substrBytes": ["$area", 0, 6]}


async def count_reports(reports: Reports, area: str, since: datetime, until: datetime) -> Figures:
    facets = {
        "route": _by("route"),
        "category": _by("category"),
        "state": _by("state"),
        "end": _by("end"),
        "confirmed_by": _by("confirmed_by"),
        "accepted": _minutes("accepted_at"),
        "resolved": _minutes("resolved_at"),
        "reopened": [{"$match": {"timeline.what": "reopened"}}, {"$count": "n"}],
    }
    pipeline = [{"$match": filed(area, since, until)}, {"$facet": facets}]
    cursor = await reports.collection.aggregate(pipeline, maxTimeMS=LIMIT_MS)
    found = (await cursor.to_list(1))[0]
    routes = _counts(found["route"])
    return Figures(
        area=area,
        since=since,
        until=until,
        reports=sum(routes.values()),
        by_route=routes,
        by_category=_counts(found["category"]),
        by_state=_counts(found["state"]),
        by_end=_counts(found["end"]),
        confirmed_by=_counts(found["confirmed_by"]),
        reopened=found["reopened"][0]["n"] if found["reopened"] else 0,
        minutes_to_accepted=median({int(row["_id"]): row["n"] for row in found["accepted"]}),
        minutes_to_resolved=median({int(row["_id"]): row["n"] for row in found["resolved"]}),
    )


def filed(area: str, since: datetime, until: datetime | None = None) -> Document:
    """Of all reports filed in [`since`, `until`) within the area."""
    span = {"$gte": since} | ({"$lt": until} if until else {})
    # The index of lists is by phase and time; None: stored before there were phases.
    phases = [None, *dict.fromkeys(PHASES.values())]
    return {"within": area, "phase": {"$in": phases}, "filed_at": span}


def minutes_until(field: str) -> Document:
    """Whole minutes from filing; null where the field is."""
    spent = {"$dateDiff": {"startDate": "$filed_at", "endDate": f"${field}", "unit": "second"}}
    return {"$floor": {"$divide": [spent, 60]}}


def median_of(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """Of rows that are grouped by `minutes` among others; None where there are none."""
    counts = Counter[int]()
    for row in rows:
        if (minutes := row["_id"].get("minutes")) is not None:
            counts[int(minutes)] += row["n"]
    return median(counts)


def _by(field: str) -> list[dict[str, Any]]:
    return [
        {"$match": {field: {"$ne": None}}},
        {"$group": {"_id": f"${field}", "n": {"$sum": 1}}},
    ]


def _minutes(field: str) -> list[dict[str, Any]]:
    """How often each whole number of minutes from filing occurs: a small answer for any number of
    reports."""
    group = {"_id": minutes_until(field), "n": {"$sum": 1}}
    return [{"$match": {field: {"$ne": None}}}, {"$group": group}]


def _counts(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    return {row["_id"]: row["n"] for row in sorted(rows, key=lambda row: row["_id"])}
