"""Call-outs, the record of each decision, and reports that have ended, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError

from chassis.mongo.coalescer import Coalescer
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.dispatch.callout.page import Place
from services.dispatch.callout.situation import Choice, Situation
from services.dispatch.callout.state import Callout, CalloutState

_BY_TIME = [("opened_at", DESCENDING), ("_id", DESCENDING)]


class Callouts(Repository[Callout]):
    def __init__(self, store: Store) -> None:
        due = {"partialFilterExpression": {"due_at": {"$type": "date"}}}
        super().__init__(
            store,
            "callouts",
            Callout,
            IndexModel([("due_at", ASCENDING)], name="due", **due),
            IndexModel([("report", ASCENDING)], name="by_report"),
            IndexModel([("asked", ASCENDING), *_BY_TIME], name="by_asked"),
            IndexModel([("station", ASCENDING), *_BY_TIME], name="by_station"),
            IndexModel([("area", ASCENDING), *_BY_TIME], name="by_area"),
        )

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Ids of those that have to be looked at, the most overdue first."""
        cursor = self.collection.find(_due(now), {"_id": 1}, limit=limit, max_time_ms=5000)
        return [document["_id"] async for document in cursor.sort("due_at", ASCENDING)]

    async def of_report(self, report: str) -> list[Callout]:
        """One for each round that volunteers were called for."""
        return await self.find({"report": report})

    async def asked(self, volunteer: str, after: Place | None, limit: int) -> list[Callout]:
        """Those that the volunteer was called to, newest first; `after` is where the page before
        ended."""
        return await self._page({"asked": volunteer}, None, after, limit)

    async def of_station(
        self, station: str, state: CalloutState | None, after: Place | None, limit: int
    ) -> list[Callout]:
        return await self._page({"station": station}, state, after, limit)

    async def in_areas(
        self, areas: Sequence[str], state: CalloutState | None, after: Place | None, limit: int
    ) -> list[Callout]:
        """Within any of these areas (prefixes of division codes; ':' comes after the digits)."""
        within = [{"area": {"$gte": area, "$lt": f"{area}:"}} for area in areas]
        return await self._page({"$or": within}, state, after, limit)

    async def _page(
        self, query: dict[str, object], state: CalloutState | None, after: Place | None, limit: int
    ) -> list[Callout]:
        wanted = [query] if state is None else [query, {"state": state}]
        if after is not None:
            at, id = after
            wanted.append(
                {"$or": [{"opened_at": {"$lt": at}}, {"opened_at": at, "_id": {"$lt": id}}]}
            )
        return await self.find({"$and": wanted}, sort=_BY_TIME, limit=limit)


def _due(now: datetime) -> dict[str, Any]:
    """With the type, though it goes without saying: the partial index serves no query that does not
    name it."""
    return {"due_at": {"$lte": now, "$type": "date"}}


class Decision(BaseModel):
    """One look around: what was known, and whom it made be called. `choose(situation, policy)`
    gives `choice` again."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    callout: str
    wave: int
    situation: Situation
    choice: Choice


class Decisions:
    def __init__(self, store: Store) -> None:
        self._decisions = store.collection(
            "decisions", IndexModel([("callout", ASCENDING), ("wave", ASCENDING)])
        )
        self._writes = Coalescer(self._decisions)

    async def keep(self, decision: Decision) -> None:
        """A second look of the same wave replaces the first. Kept as one text: nobody asks for a
        part of it."""
        fields = {
            "callout": decision.callout,
            "wave": decision.wave,
            "record": decision.model_dump_json(),
        }
        await self._writes.submit(UpdateOne({"_id": decision.id}, {"$set": fields}, upsert=True))

    async def of(self, ids: Sequence[str]) -> list[Decision]:
        """In the order of waves."""
        cursor = self._decisions.find({"_id": {"$in": list(ids)}}, max_time_ms=5000).sort(
            "wave", ASCENDING
        )
        return [Decision.model_validate_json(document["record"]) async for document in cursor]


class EndedReports:
    """Reports that need no volunteers any more, and by which of their events: a late message opens
    nothing anew."""

    def __init__(self, store: Store) -> None:
        self._ended = store.collection("ended_reports")

    async def mark(self, report: str, seq: int) -> None:
        try:
            await self._ended.update_one({"_id": report}, {"$max": {"seq": seq}}, upsert=True)
        except DuplicateKeyError:  # another replica was first; the larger counts
            await self._ended.update_one({"_id": report}, {"$max": {"seq": seq}})

    async def after(self, report: str, seq: int) -> bool:
        """Whether the report ended by an event later than this one."""
        found = await self._ended.find_one({"_id": report}, max_time_ms=5000)
        return found is not None and found["seq"] > seq
