"""Concurrent writes to one collection share a bulk write: one round trip and one journal flush. See
docs/decisions/0002."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, WriteConcernError, WriteError

from chassis.errors import DuplicateKey
from chassis.outbox.unpublished import Fresh, Outbox, Unpublished
from chassis.tasks.batches import Batcher

Write = InsertOne[dict[str, Any]] | UpdateOne
_DUPLICATE_KEY = 11000


class Coalescer(Batcher[Write, None]):
    """Each caller gets its own outcome. Done means: by the majority, in the journal. `gather`: see
    `Batcher`."""

    def __init__(self, collection: AsyncCollection[dict[str, Any]], gather: float = 0.0) -> None:
        super().__init__(self.write_all, gather=gather)
        self._collection = collection

    async def write_all(self, writes: Sequence[Write]) -> Sequence[Exception | None]:
        outcomes: list[Exception | None] = [None] * len(writes)
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            # Perhaps applied, but not acknowledged by the majority: all of the batch fail.
            if concern := details.get("writeConcernErrors"):
                message, code = str(concern[0].get("errmsg")), concern[0].get("code")
                raise WriteConcernError(message, code) from None
            for entry in details.get("writeErrors", []):
                outcomes[entry["index"]] = _error(entry)
        return outcomes


class AggregateWrites(Batcher[tuple[Write, Fresh], None]):
    """As `Coalescer`; the relay has the events of a write once it is done, even if its caller is
    gone."""

    def __init__(self, outbox: Outbox, unpublished: Unpublished) -> None:
        super().__init__(self._write)
        self._outbox, self._unpublished = outbox, unpublished
        self._coalescer = Coalescer(outbox.collection)

    async def _write(self, writes: Sequence[tuple[Write, Fresh]]) -> Sequence[Exception | None]:
        try:
            outcomes = await self._coalescer.write_all([operation for operation, _ in writes])
        except BaseException:  # perhaps applied all the same
            self._unpublished.reread(self._outbox)
            raise
        done = [fresh for (_, fresh), error in zip(writes, outcomes, strict=True) if not error]
        self._outbox.published.marked({one.id: one.before for one in done if one.folded})
        self._unpublished.add(self._outbox, [one for one in done if one.entries])
        return outcomes


def _error(entry: Mapping[str, Any]) -> Exception:
    """What is wrong with this one write. Never transient: a message that causes it is dead."""
    if entry.get("code") == _DUPLICATE_KEY:
        return DuplicateKey(entry.get("keyPattern", {"_id": 1}), entry.get("keyValue"))
    return WriteError(str(entry.get("errmsg")), entry.get("code"))
