"""Reports in MongoDB, with an index for each query."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.errors import ExecutionTimeout

from chassis.domain import Refusal
from chassis.mongo.coalescer import Coalescer
from chassis.mongo.paging import behind
from chassis.mongo.store import Document, Store
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.sealing import PersonalField, empty, nothing
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
_FILTERS = [(name, ASCENDING) for name in ("route", "category", "triage", "station", "escalated")]
_IN_TRIAGE = ["normal", "urgent", True]
"""True: stored before triage had an urgency."""
_MAX_SCANS = 200
"""How many scans of an index MongoDB merges by time (`internalQueryMaxScansToExplode`); for more it
reads everything and sorts it."""
_SEARCHED, _SEARCH_S = 200, 5.0
"""Texts that are opened at a time, and seconds for which they are searched."""
_NEWEST = [("filed_at", DESCENDING), ("_id", DESCENDING)]
_NOT_POLICE: Document = {
    "route": {"$ne": "police"},
    "$nor": [{"route": {"$ne": "committee"}, "category": {"$in": sorted(POLICE_ONLY)}}],
}
"""The same as `access.is_for_committee`. Not by `$or`, for which MongoDB plans scans that it has to
sort."""


@dataclass(frozen=True)
class ReportFilter:
    """Which reports: a reporter's, else those within any of the areas. None, and no states: not
    filtered by. Filed in [`since`, `until`). `words`: as they stand in the text, in either case."""

    reporter: str | None = None
    areas: tuple[str, ...] = ()
    committee_areas: tuple[str, ...] = ()
    """Areas of which police matters are left out."""
    station: str | None = None
    states: tuple[ReportState, ...] = ()
    route: Route | None = None
    category: Category | None = None
    triage: bool | None = None
    escalated: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    number: str | None = None
    words: str | None = None


def _about_a_kilometre(degrees: float) -> float:
    return round(degrees, 2)


def _none(_: object) -> tuple[()]:
    return ()


_PERSONAL = (
    PersonalField("text", empty),
    PersonalField("longitude", _about_a_kilometre),
    PersonalField("latitude", _about_a_kilometre),
    PersonalField("timeline.*.note", nothing),
    PersonalField("timeline.*.reason", nothing),
    PersonalField("timeline.*.changed", _none),
    PersonalField("question.text", empty),
    PersonalField("question.answer", nothing),
)
"""Sealed under the report's own key."""


class Reports(SealedRepository[Report]):
    def __init__(self, store: Store, keys: PersonKeys) -> None:
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
                name="lists_by_phase",
            ),
            IndexModel([("due_at", ASCENDING)], partialFilterExpression={"due_at": _IS_DATE}),
            IndexModel(
                [("within", ASCENDING), ("_id", ASCENDING)],
                name="unacknowledged",
                partialFilterExpression={"referral.next_at": _IS_DATE},
            ),
            keys=keys,
            personal=_PERSONAL,
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

    async def has_photo(self, id: str, photo: str) -> bool:
        query = {"_id": id, "photo": photo}
        return await self.collection.find_one(query, {"_id": 1}, max_time_ms=5000) is not None

    async def filed_since(self, reporter: str, since: datetime, limit: int) -> list[datetime]:
        """When the reporter filed later than `since`, the latest first; read from an index
        alone."""
        query = {"reporter": reporter, "filed_at": {"$gt": since}}
        cursor = self.collection.find(query, {"filed_at": 1, "_id": 0}, limit=limit)
        return [found["filed_at"] async for found in cursor.sort(_NEWEST).max_time_ms(5000)]

    async def due(self, now: datetime) -> AsyncGenerator[tuple[str, str], None]:
        """(id, area) of all reports whose `due_at` has passed, the longest overdue first."""
        query = {"due_at": {"$lte": now, **_IS_DATE}}
        cursor = self.collection.find(query, {"area": 1}, batch_size=200, max_time_ms=5000)
        async with cursor.sort("due_at", ASCENDING) as found:
            async for one in found:
                yield one["_id"], one["area"]

    async def correct_due(self, report: Report, now: datetime) -> None:
        """Store when the report is due where its document still says earlier than `now`, as those
        do that were stored under other rules: else it would be found due again at once."""
        query = {"_id": report.id, "version": report.version, "due_at": {"$lte": now, **_IS_DATE}}
        await self.collection.update_one(query, {"$set": {"due_at": report.due_at}})

    async def unacknowledged(self, area: str) -> AsyncGenerator[tuple[str, str], None]:
        """(id, area) of reports within the area that somebody is asked to look at."""
        query = {"within": area, "referral.next_at": _IS_DATE}
        async with self.collection.find(query, {"area": 1}, max_time_ms=5000) as waiting:
            async for found in waiting:
                yield found["_id"], found["area"]

    async def next_due(self) -> datetime | None:
        """The earliest `due_at`, in the future or not."""
        first = await self.collection.find_one(
            {"due_at": _IS_DATE}, {"due_at": 1}, sort=[("due_at", ASCENDING)], max_time_ms=5000
        )
        return first["due_at"] if first else None

    async def newest(
        self, wanted: ReportFilter, after: tuple[datetime, str] | None, limit: int
    ) -> list[Report]:
        """At most `limit` reports, newest first, after the one filed at (time, id). Raises Refusal
        where words cannot be found in good time."""
        rest = [part for part in (_fields(wanted), behind("filed_at", after)) if part]
        queries: list[Document] = [{"$and": [scope, *rest]} for scope in _scopes(wanted)]
        try:
            if wanted.words:
                async with asyncio.timeout(_SEARCH_S):
                    queries = [await self._with_words(q, wanted.words, limit) for q in queries]
            pages = [await self.find(query, sort=_NEWEST, limit=limit) for query in queries]
        except (ExecutionTimeout, TimeoutError):
            if wanted.words:
                raise Refusal("search_slow", "query.q") from None
            raise
        if len(pages) == 1:
            return pages[0]
        found = {report.id: report for page in pages for report in page}
        newest = sorted(found.values(), key=lambda r: (r.filed_at, r.id), reverse=True)
        return newest[:limit]

    async def _with_words(self, query: Document, words: str, limit: int) -> Document:
        """Those of the newest that contain the words. Texts are sealed: they are opened here, a
        batch at a time, since the store cannot look into them."""
        cursor = self.collection.find(
            query, {"text": 1, "sealed": 1}, batch_size=_SEARCHED, max_time_ms=5000
        ).sort(_NEWEST)
        wanted, found = words.casefold(), list[str]()
        while len(found) < limit and (batch := await cursor.to_list(_SEARCHED)):
            await self.open(batch)
            found += [d["_id"] for d in batch if wanted in d["text"].casefold()]
        await cursor.close()
        return {"_id": {"$in": found[:limit]}}

    async def of_reporter(self, person: str, after: str, limit: int) -> list[Report]:
        """By id, from beyond `after`."""
        query = {"reporter": person, "_id": {"$gt": after}}
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit)


def _fields(wanted: ReportFilter) -> Document:
    fields: dict[str, Any] = {
        "station": wanted.station,
        "state": {"$in": list(wanted.states)} if wanted.states else None,
        "route": wanted.route,
        "category": wanted.category,
        "triage": _one_of(wanted.triage, _IN_TRIAGE),
        "escalated": _one_of(wanted.escalated, [True]),
        "filed_at": _span(wanted.since, wanted.until),
        "number": wanted.number,
    }
    return {field: value for field, value in fields.items() if value is not None}


def _one_of(asked: bool | None, values: list[Any]) -> Document | None:
    """Whether the field has one of the values. What was stored without the field has none."""
    return None if asked is None else {"$in" if asked else "$nin": values}


def _span(since: datetime | None, until: datetime | None) -> Document | None:
    ends = {"$gte": since, "$lt": until}
    return {name: at for name, at in ends.items() if at is not None} or None


def _scopes(wanted: ReportFilter) -> list[Document]:
    """Queries that together find all wanted reports. Each is one equality by area and phase, which
    MongoDB serves from the index in the order of time."""
    if wanted.reporter is not None:
        return [{"reporter": wanted.reporter}]
    if wanted.number is not None:  # one report: what it may be is looked up in its document
        every, staff = list(wanted.areas), list(wanted.committee_areas)
        return [{"within": {"$in": every}}, {"within": {"$in": staff}, **_NOT_POLICE}]
    states = wanted.states or tuple(PHASES)
    phases: list[Phase | None] = [None, *dict.fromkeys(PHASES[state] for state in states)]
    # None: of reports stored before there were phases.
    by_phase: Document = {"phase": {"$in": phases}}
    return [
        {"within": {"$in": some}, **by_phase, **visible}
        for areas, visible in ((wanted.areas, {}), (wanted.committee_areas, _NOT_POLICE))
        for some in area_parts(areas, _MAX_SCANS // (len(phases) + 1))  # None is two: null, missing
    ]


def area_parts(areas: Sequence[str], size: int) -> list[list[str]]:
    """At most `size` areas each. Those within others are left out: their reports are found by
    these."""
    own = sorted(a for a in areas if not any(o != a and covers(o, a) for o in areas))
    return [own[start : start + size] for start in range(0, len(own), size)]
