"""A replica of another service's state: one document per id, the highest sequence wins."""

from typing import Any

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.mongo.store import Document, Store


class Projection:
    """Late and repeated messages change nothing, whatever order they come in. One that needs more
    fields than before takes a new name: it is built anew."""

    def __init__(self, store: Store, name: str, *indexes: IndexModel) -> None:
        self.collection = store.collection(name, *indexes)
        store.replicas.append(self.collection)

    async def keep(self, id: str, seq: int, **fields: Any) -> bool:
        """Whether these fields are newer than what is kept; then they are kept."""
        older, changes = {"_id": id, "seq": {"$lt": seq}}, {"$set": fields | {"seq": seq}}
        try:
            await self.collection.update_one(older, changes, upsert=True)
        except DuplicateKeyError:  # not older; or an older one was inserted concurrently
            return (await self.collection.update_one(older, changes)).matched_count == 1
        return True

    async def get(self, id: str) -> Document | None:
        return await self.collection.find_one({"_id": id}, max_time_ms=5000)
