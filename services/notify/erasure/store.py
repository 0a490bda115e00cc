"""Who was erased, and when it was heard."""

from datetime import datetime

from chassis.mongo.store import Store


class ErasedPeople:
    def __init__(self, store: Store) -> None:
        self._erased = store.collection("erased_people")

    async def keep(self, account: str, at: datetime) -> None:
        await self._erased.update_one({"_id": account}, {"$setOnInsert": {"at": at}}, upsert=True)

    async def since(self, at: datetime) -> list[str]:
        found = self._erased.find({"at": {"$gt": at}}, {"_id": 1}, max_time_ms=5000)
        return [document["_id"] async for document in found]

    async def drop_before(self, at: datetime) -> None:
        await self._erased.delete_many({"at": {"$lte": at}})
