"""The right of one process to do something, for some seconds, by the store's clock."""

import time

from pymongo import ReturnDocument

from chassis.mongo.store import Store, new_id
from chassis.telemetry.metrics import RELAY_LEADER


class Lease:
    """Held only while this process's own clock agrees: a process that slept has lost it."""

    def __init__(self, store: Store, name: str = "relay", seconds: float = 5.0) -> None:
        self._collection, self._name = store.collection("leases"), name
        self._seconds = seconds
        self.holder = new_id("holder")
        self._until = 0.0

    @property
    def held(self) -> bool:
        return time.monotonic() < self._until

    async def take(self) -> bool:
        """Take or renew. The local deadline counts from before the call and ends a fifth early."""
        asked = time.monotonic()
        until = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        mine = {"$eq": ["$holder", self.holder]}
        lapsed = {"$lte": [{"$ifNull": ["$until", None]}, "$$NOW"]}
        changes = {"holder": self.holder, "until": until}
        document = await self._collection.find_one_and_update(
            {"_id": self._name},
            [
                {"$set": {"free": {"$or": [mine, lapsed]}}},
                {"$set": {k: {"$cond": ["$free", v, f"${k}"]} for k, v in changes.items()}},
                {"$unset": "free"},
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        taken = document is not None and document["holder"] == self.holder
        self._until = asked + self._seconds * 0.8 if taken else 0.0
        RELAY_LEADER.set(int(taken))
        return taken

    async def give_back(self) -> None:
        self._until = 0.0
        RELAY_LEADER.set(0)
        mine = {"_id": self._name, "holder": self.holder}
        lapsed = {"$subtract": ["$$NOW", 1]}
        await self._collection.update_one(mine, [{"$set": {"until": lapsed}}])
