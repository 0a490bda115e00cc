"""Figures, counted on demand by the index of the area's reports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.incidents.figures.domain import Figures, median
from services.incidents.report.store import Reports

_LIMIT_MS = 8000


async def count_reports(reports: Reports, area: str, since: datetime, until: datetime) -> Figures:
    match = {"within": area, "filed_at": {"$gte": since, "$lt": until}}
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
    pipeline = [{"$match": match}, {"$facet": facets}]
    cursor = await reports.collection.aggregate(pipeline, maxTimeMS=_LIMIT_MS)
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


def _by(field: str) -> list[dict[str, Any]]:
    return [
        {"$match": {field: {"$ne": None}}},
        {"$group": {"_id": f"${field}", "n": {"$sum": 1}}},
    ]


def _minutes(field: str) -> list[dict[str, Any]]:
    """How often each whole number of minutes from filing occurs: a small answer for any number of
    reports."""
    spent = {"$dateDiff": {"startDate": "$filed_at", "endDate": f"${field}", "unit": "second"}}
    whole = {"$floor": {"$divide": [spent, 60]}}
    return [{"$match": {field: {"$ne": None}}}, {"$group": {"_id": whole, "n": {"$sum": 1}}}]


def _counts(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    return {row["_id"]: row["n"] for row in sorted(rows, key=lambda row: row["_id"])}
