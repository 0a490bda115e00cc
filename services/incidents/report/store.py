"""Reports in MongoDB, with an index for each query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from chassis.mongo.coalescer import Coalescer
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from contracts.vocabulary import Category, Route
from services.incidents.report.domain.report import Report, ReportState, TimelineEntry
from services.incidents.routing.domain import POLICE_ONLY

_GATHER_MARKS = 0.2
"""Seconds for which reports whose volunteers are called wait for others to be marked with. Nobody
acts on the mark, and those called need seconds to answer."""
_IS_DATE = {"$type": "date"}
"""The partial index serves only queries that name the type."""
_NEWEST = [("filed_at", DESCENDING), ("_id", DESCENDING)]


@dataclass(frozen=True)
class ReportFilter:
    """Which reports: a reporter's, else those within any of the areas. None: not filtered by."""

    reporter: str | None = None
    areas: tuple[str, ...] = ()
    committee_areas: tuple[str, ...] = ()
    """Areas of which police matters are left out."""
    station: str | None = None
    state: ReportState | None = None
    route: Route | None = None
    category: Category | None = None
    triage: bool | None = None


class Reports(Repository[Report]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "reports",
            Report,
            IndexModel([("number", ASCENDING)], unique=True),
            IndexModel([("reporter", ASCENDING), *_NEWEST]),
            IndexModel([("within", ASCENDING), *_NEWEST]),
            IndexModel([("station", ASCENDING), *_NEWEST]),
            IndexModel([("due_at", ASCENDING)], partialFilterExpression={"due_at": _IS_DATE}),
        )

        self._marks = Coalescer(self.collection, gather=_GATHER_MARKS)

    async def mark_called(self, id: str, entry: TimelineEntry) -> None:
        """The step from `routed` to `called` in the entry's round, with the entry as its line,
        which is never earlier than the line before it.

        In any other state or round nothing changes: a repeat, and an event that others overtook,
        match no document. See docs/decisions/0022.
        """
        line = entry.model_dump() | {"at": {"$max": [entry.at, {"$last": "$timeline.at"}]}}
        match = {"_id": id, "route": "volunteers", "round": entry.round, "state": "routed"}
        change = {
            "state": "called",
            "timeline": {"$concatArrays": ["$timeline", [line]]},
            "version": {"$add": ["$version", 1]},  # a change that was decided before is tried again
        }
        await self._marks.submit(UpdateOne(match, [{"$set": change}]))

    async def by_number(self, number: str) -> Report | None:
        found = await self.find({"number": number}, limit=1)
        return found[0] if found else None

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Ids of reports whose `due_at` has passed, the longest overdue first."""
        query = {"due_at": {"$lte": now, **_IS_DATE}}
        cursor = self.collection.find(query, {"_id": 1}, limit=limit, max_time_ms=5000)
        return [document["_id"] async for document in cursor.sort("due_at", ASCENDING)]

    async def next_due(self) -> datetime | None:
        """The earliest `due_at`, in the future or not."""
        first = await self.collection.find_one(
            {"due_at": _IS_DATE}, {"due_at": 1}, sort=[("due_at", ASCENDING)], max_time_ms=5000
        )
        return first["due_at"] if first else None

    async def newest(
        self, wanted: ReportFilter, after: tuple[datetime, str] | None, limit: int
    ) -> list[Report]:
        """At most `limit` reports, newest first, after the one filed at (time, id)."""
        query = _query(wanted)
        if after is not None:
            at, id = after
            query.append({"$or": [{"filed_at": {"$lt": at}}, {"filed_at": at, "_id": {"$lt": id}}]})
        return await self.find({"$and": query}, sort=_NEWEST, limit=limit)


def _query(wanted: ReportFilter) -> list[Document]:
    if wanted.reporter is not None:
        parts: list[Document] = [{"reporter": wanted.reporter}]
    else:
        parts = [{"$or": _within(wanted)}]
    fields: dict[str, Any] = {
        "station": wanted.station,
        "state": wanted.state,
        "route": wanted.route,
        "category": wanted.category,
        "triage": wanted.triage,
    }
    return parts + [{field: value} for field, value in fields.items() if value is not None]


def _within(wanted: ReportFilter) -> list[Document]:
    parts: list[Document] = [{"within": {"$in": list(wanted.areas)}}]
    if wanted.committee_areas:
        # The same as `access.is_for_committee`.
        not_police: list[Document] = [
            {"route": "committee"},
            {"route": {"$ne": "police"}, "category": {"$nin": sorted(POLICE_ONLY)}},
        ]
        parts.append({"within": {"$in": list(wanted.committee_areas)}, "$or": not_police})
    return parts
