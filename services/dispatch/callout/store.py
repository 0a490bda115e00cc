"""Call-outs, and reports that have ended, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.dispatch.callout.domain.state import Callout, CalloutState

After = tuple[datetime, str]
"""Where the page before ended: `opened_at` and id of its last call-out."""
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
        """Ids of those whose next step is due, the most overdue first."""
        cursor = self.collection.find(_due(now), {"_id": 1}, limit=limit, max_time_ms=5000)
        return [document["_id"] async for document in cursor.sort("due_at", ASCENDING)]

    async def of_report(self, report: str) -> list[Callout]:
        """One for each round that volunteers were called for."""
        return await self.find({"report": report})

    async def of_volunteer(self, volunteer: str, after: After | None, limit: int) -> list[Callout]:
        """Those that the volunteer was called to, newest first; `after` is where the page before
        ended."""
        return await self._page({"asked": volunteer}, None, after, limit)

    async def of_station(
        self, station: str, state: CalloutState | None, after: After | None, limit: int
    ) -> list[Callout]:
        return await self._page({"station": station}, state, after, limit)

    async def in_areas(
        self, areas: Sequence[str], state: CalloutState | None, after: After | None, limit: int
    ) -> list[Callout]:
        """Within any of these areas (prefixes of division codes; ':' comes after the digits)."""
        within = [{"area": {"$gte": area, "$lt": f"{area}:"}} for area in areas]
        return await self._page({"$or": within}, state, after, limit)

    async def _page(
        self, query: dict[str, object], state: CalloutState | None, after: After | None, limit: int
    ) -> list[Callout]:
        parts = [query] if state is None else [query, {"state": state}]
        if after is not None:
            at, id = after
            parts.append(
                {"$or": [{"opened_at": {"$lt": at}}, {"opened_at": at, "_id": {"$lt": id}}]}
            )
        return await self.find({"$and": parts}, sort=_BY_TIME, limit=limit)


def _due(now: datetime) -> dict[str, Any]:
    """The type is redundant, but the partial index serves only queries that name it."""
    return {"due_at": {"$lte": now, "$type": "date"}}


class EndedReports:
    """Reports that need no volunteers any more, with the seq of the event that ended the need: a
    late message must not open a call-out."""

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
