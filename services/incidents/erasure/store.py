"""Reports of erased people whose words are still needed, and until when."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from chassis.mongo.store import Store


class KeptReports:
    def __init__(self, store: Store) -> None:
        self._kept = store.collection("kept_reports", IndexModel([("until", ASCENDING)]))

    async def keep(self, report: str, until: datetime) -> None:
        await self._kept.update_one({"_id": report}, {"$set": {"until": until}}, upsert=True)

    async def due(self, now: datetime, limit: int) -> list[str]:
        found = self._kept.find({"until": {"$lte": now}}, limit=limit, max_time_ms=5000)
        return [document["_id"] async for document in found.sort("until", ASCENDING)]

    async def drop(self, report: str) -> None:
        await self._kept.delete_one({"_id": report})
