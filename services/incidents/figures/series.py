"""Counts by day of filing, for charts. A file of its own because the question and the
answer are others than those of one span; the index is the same."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from typing_extensions import TypeAliasType

from chassis.domain import Frozen, Refusal
from jinan.local_time import LOCAL
from services.incidents.figures.store import (
    DISTRICT,
    LIMIT_MS,
    TIME_ZONE,
    filed,
    median_of,
    minutes_until,
)
from services.incidents.report.store import Reports

SeriesSplit = TypeAliasType("SeriesSplit", Literal["none", "district", "station"])
MAX_DAYS: dict[SeriesSplit, int] = {"none": 366, "district": 92, "station": 31}
"""Longest span of a split: an answer has some thousands of points at most."""
_KEYS: dict[SeriesSplit, Any] = {
    "none": None,
    "district": DISTRICT,
    "station": "$station",
}


class SeriesPoint(Frozen):
    """Of the reports filed on a local day. `split`: the district or station; None: all, or those
    without a station. Minutes from filing to the first acceptance."""

    day: date
    split: str | None
    reports: int
    escalated: int
    minutes_to_accepted: float | None


def days(
    first: date | None, last: date | None, today: date, split: SeriesSplit
) -> tuple[date, date]:
    """Both included; without them the last 30, up to today. Raises Refusal for a span that runs
    backwards or is too long."""
    longest = MAX_DAYS[split]
    last = last or today
    try:
        first = first or last - timedelta(days=min(longest, 30) - 1)
        valid = first <= last and last - first < timedelta(days=longest) and first.year > 1970
    except OverflowError:
        valid = False
    if first is None or not valid or last.year > 9000:
        raise Refusal("span_invalid", "query.from", days=longest)
    return first, last


async def count_by_day(
    reports: Reports, area: str, first: date, last: date, split: SeriesSplit
) -> Sequence[SeriesPoint]:
    """By day, then by split. Days without reports have no point."""
    match = filed(area, _start(first), _start(last + timedelta(days=1)))
    pipeline: list[dict[str, Any]] = [
        {"$match": match},
        {
            "$group": {
                "_id": {
                    "day": _local_day(),
                    "split": _KEYS[split],
                    "minutes": minutes_until("accepted_at"),
                },
                "n": {"$sum": 1},
                "escalated": {"$sum": {"$cond": [{"$eq": ["$escalated", True]}, 1, 0]}},
            }
        },
    ]
    cursor = await reports.collection.aggregate(pipeline, maxTimeMS=LIMIT_MS)
    found: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    async for row in cursor:
        found.setdefault((row["_id"]["day"], row["_id"].get("split")), []).append(row)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return [_point(day, key, rows) for (day, key), rows in ordered]


def _point(day: str, split: str | None, rows: Sequence[dict[str, Any]]) -> SeriesPoint:
    return SeriesPoint(
        day=date.fromisoformat(day),
        split=split,
        reports=sum(row["n"] for row in rows),
        escalated=sum(row["escalated"] for row in rows),
        minutes_to_accepted=median_of(rows),
    )


def _local_day() -> dict[str, Any]:
    return {"$dateToString": {"date": "$filed_at", "format": "%Y-%m-%d", "timezone": TIME_ZONE}}


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
