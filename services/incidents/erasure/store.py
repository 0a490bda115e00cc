"""Reports of erased people whose words are still needed, and until when."""

from collections.abc import AsyncGenerator
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from chassis.mongo.store import Store


class KeptReports:
    def __init__(self, store: Store) -> None:
        self._kept = store.collection("kept_reports", IndexModel([("until", ASCENDING)]))

    async def keep(self, report: str, until: datetime) -> None:
        await self._kept.update_one({"_id": report}, {"$set": {"until": until}}, upsert=True)

    async def due(self, now: datetime) -> AsyncGenerator[str, None]:
        """All whose time has come, the earliest first."""
        kept = self._kept.find({"until": {"$lte": now}}, max_time_ms=5000)
        async with kept.sort("until", ASCENDING) as found:
            async for document in found:
                yield document["_id"]

    async def drop(self, report: str) -> None:
        await self._kept.delete_one({"_id": report})
