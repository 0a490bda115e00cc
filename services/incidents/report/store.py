"""Reports in MongoDB, with an index for each query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from chassis.mongo.coalescer import Coalescer
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from contracts.vocabulary import Category, Route
from jinan.areas import covers
from services.incidents.report.domain.parts import TimelineEntry
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import PHASES, Phase, ReportState
from services.incidents.routing.domain import POLICE_ONLY

_GATHER_MARKS = 0.2
"""Seconds for which reports whose volunteers are called wait for others to be marked with. Nobody
acts on the mark, and those called need seconds to answer."""
_IS_DATE = {"$type": "date"}
"""The partial index serves only queries that name the type."""
_FILTERS = [(name, ASCENDING) for name in ("route", "category", "triage", "station")]
_TRIAGE: dict[bool, Document] = {
    True: {"$in": ["normal", "urgent", True]},
    False: {"$in": [None, False]},
}
"""Stored before it had an urgency: a truth value."""
_MAX_SCANS = 200
"""How many scans of an index MongoDB merges by time (`internalQueryMaxScansToExplode`); for more it
reads everything and sorts it."""
_ALL_PHASES: tuple[Phase | None, ...] = (None, *dict.fromkeys(PHASES.values()))
"""None: of reports stored before there were phases."""
_NEWEST = [("filed_at", DESCENDING), ("_id", DESCENDING)]


_NOT_POLICE: Document = {
    "route": {"$ne": "police"},
    "$nor": [{"route": {"$ne": "committee"}, "category": {"$in": sorted(POLICE_ONLY)}}],
}
"""The same as `access.is_for_committee`. Not by `$or`, for which MongoDB plans scans that it has to
sort."""


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
            # For every list of an area or a station: what it may be filtered by is in the key, so
            # that no document is read in vain.
            IndexModel(
                [("within", ASCENDING), ("phase", ASCENDING), *_NEWEST, *_FILTERS],
                name="lists",
            ),
            IndexModel([("due_at", ASCENDING)], partialFilterExpression={"due_at": _IS_DATE}),
            IndexModel(
                [("within", ASCENDING), ("_id", ASCENDING)],
                name="unacknowledged",
                partialFilterExpression={"referral.next_at": _IS_DATE},
            ),
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

    async def due(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """(id, area) of reports whose `due_at` has passed, the longest overdue first."""
        query = {"due_at": {"$lte": now, **_IS_DATE}}
        cursor = self.collection.find(query, {"area": 1}, limit=limit, max_time_ms=5000)
        return [(found["_id"], found["area"]) async for found in cursor.sort("due_at", ASCENDING)]

    async def unacknowledged(self, area: str, after: str, limit: int) -> list[tuple[str, str]]:
        """(id, area) of reports within the area that somebody is asked to look at, by id."""
        query = {"within": area, "referral.next_at": _IS_DATE, "_id": {"$gt": after}}
        cursor = self.collection.find(query, {"area": 1}, limit=limit, max_time_ms=5000)
        return [(found["_id"], found["area"]) async for found in cursor.sort("_id", ASCENDING)]

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
        rest = _fields(wanted)
        if after is not None:
            at, id = after
            # The first condition bounds the scan; the second tells those of one time apart.
            rest |= {"filed_at": {"$lte": at}, "$nor": [{"filed_at": at, "_id": {"$gte": id}}]}
        queries = [{"$and": [scope, rest]} if rest else scope for scope in _scopes(wanted)]
        pages = [await self.find(query, sort=_NEWEST, limit=limit) for query in queries]
        if len(pages) == 1:
            return pages[0]
        found = {report.id: report for page in pages for report in page}
        newest = sorted(found.values(), key=lambda r: (r.filed_at, r.id), reverse=True)
        return newest[:limit]


def _fields(wanted: ReportFilter) -> Document:
    fields: dict[str, Any] = {
        "station": wanted.station,
        "state": wanted.state,
        "route": wanted.route,
        "category": wanted.category,
        "triage": None if wanted.triage is None else _TRIAGE[wanted.triage],
    }
    return {field: value for field, value in fields.items() if value is not None}


def _scopes(wanted: ReportFilter) -> list[Document]:
    """Queries that together find all wanted reports. Each is one equality by area and phase, which
    MongoDB serves from the index in the order of time."""
    if wanted.reporter is not None:
        return [{"reporter": wanted.reporter}]
    phases = [None, PHASES[wanted.state]] if wanted.state else list(_ALL_PHASES)
    by_phase: Document = {"phase": {"$in": phases}}
    return [
        {"within": {"$in": some}, **by_phase, **visible}
        for areas, visible in ((wanted.areas, {}), (wanted.committee_areas, _NOT_POLICE))
        for some in _parts(areas, _MAX_SCANS // (len(phases) + 1))  # None is two: null, missing
    ]


def _parts(areas: Sequence[str], size: int) -> list[list[str]]:
    """Areas within others left out: their reports are found by those."""
    own = sorted(a for a in areas if not any(o != a and covers(o, a) for o in areas))
    return [own[start : start + size] for start in range(0, len(own), size)]
