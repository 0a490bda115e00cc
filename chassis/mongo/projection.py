"""What another service last said of its own things: one document an id, the highest sequence
wins."""

from typing import Any

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.mongo.store import Document, Store


class Projection:
    """Late and repeated messages change nothing, whatever order they come in."""

    def __init__(self, store: Store, name: str, *indexes: IndexModel) -> None:
        self.collection = store.collection(name, *indexes)

    async def keep(self, id: str, seq: int, **fields: Any) -> bool:
        """Whether these fields are newer than what is kept; then they are kept."""
        newer = {"_id": id, "seq": {"$lt": seq}}
        try:
            await self.collection.update_one(newer, {"$set": fields | {"seq": seq}}, upsert=True)
        except DuplicateKeyError:  # what is kept is as new or newer
            return False
        return True

    async def get(self, id: str) -> Document | None:
        return await self.collection.find_one({"_id": id}, max_time_ms=5000)
