"""Watches: one for each area, stored once somebody has taken it."""

from collections.abc import Sequence
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

    async def next_ends(self, limit: int) -> list[tuple[str, datetime]]:
        """(id, end) of those that are held, the earliest end first, beyond it or not."""
        held = self.collection.find(_HELD, {"until": 1}, limit=limit, max_time_ms=5000)
        return [(watch["_id"], watch["until"]) async for watch in held.sort("until", ASCENDING)]
