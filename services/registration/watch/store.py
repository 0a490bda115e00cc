"""Watches: one for each area, stored once somebody has taken it."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.registration.watch.domain import Watch

# The partial index serves only queries that repeat its condition.
_HELD = {"by": {"$gt": ""}}


class Watches(Repository[Watch]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "watches",
            Watch,
            IndexModel([("area", ASCENDING)]),
            IndexModel([("until", ASCENDING)], partialFilterExpression=_HELD),
            IndexModel([("by", ASCENDING)]),
            IndexModel([("to", ASCENDING)]),
        )

    async def within(self, areas: Sequence[str], after: str, limit: int) -> list[Watch]:
        """Those of the areas and of all that lies in them, by id, from beyond `after`."""
        inside = [{"area": {"$regex": f"^{area}"}} for area in areas]
        query = {"$or": inside, "_id": {"$gt": after}}
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit)

    async def concerning(self, account: str) -> list[str]:
        """The ids of those that the account holds or is offered."""
        either = {"$or": [{"by": account}, {"to": account}]}
        found = self.collection.find(either, {"_id": 1}, max_time_ms=5000)
        return [watch["_id"] async for watch in found]

    async def ended(self, now: datetime) -> AsyncGenerator[str, None]:
        """The ids of all that are held beyond their end, the earliest end first."""
        query = {**_HELD, "until": {"$lte": now}}
        held = self.collection.find(query, {"_id": 1}, max_time_ms=5000)
        async with held.sort("until", ASCENDING) as found:
            async for watch in found:
                yield watch["_id"]

    async def next_end(self, now: datetime) -> datetime | None:
        """The earliest end after `now` of those that are held."""
        query = {**_HELD, "until": {"$gt": now}}
        first = await self.collection.find_one(
            query, {"until": 1}, sort=[("until", ASCENDING)], max_time_ms=5000
        )
        return first["until"] if first else None
