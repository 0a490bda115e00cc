"""Concurrent reads by id from one collection share a query."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection

from chassis.mongo.store import Document
from chassis.tasks.batches import Batcher


class Reads(Batcher[str, Document | None]):
    """Each caller gets the document of its id, or None, as it was after the call began: a query
    that is on its way serves only those who waited for it. `opened` changes what was read, in
    place, before they get it."""

    def __init__(
        self,
        collection: AsyncCollection[Document],
        fields: Mapping[str, Any],
        opened: Callable[[Sequence[Document]], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(self._read)
        self._collection, self._fields, self._opened = collection, fields, opened

    async def _read(self, ids: Sequence[str]) -> Sequence[Document | None]:
        query: Any = ids[0] if len(ids) == 1 else {"$in": [*set(ids)]}
        # One more than it can be: so that the server knows at once that nothing is left.
        cursor = self._collection.find(
            {"_id": query}, self._fields, batch_size=len(ids) + 1, max_time_ms=5000
        )
        documents = await cursor.to_list()
        if self._opened is not None:
            await self._opened(documents)
        found = {document["_id"]: document for document in documents}
        return [found.get(id) for id in ids]
