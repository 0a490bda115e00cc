"""What comes while a call to a store is under way goes out together as the next one.

Concurrent writes share a bulk write so, and with it the store's round trip and its journal. See
docs/decisions/0002.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, WriteConcernError, WriteError

from chassis.metrics import STORE_BATCH
from chassis.problem import is_away

MOST = 256
MOST_WAITING = 4096
Write = InsertOne[dict[str, Any]] | UpdateOne
T = TypeVar("T")
R = TypeVar("R")


class Refused(Exception):
    """The store refused this one write: a unique index holds the value already. `key` names the
    index's fields."""

    def __init__(self, key: Mapping[str, Any]) -> None:
        super().__init__(", ".join(key))
        self.key = tuple(key)


class Overloaded(ConnectionError):
    """More waits already than the store gets done in good time. Passes: a request is told when to
    try again."""


class Batcher(Generic[T, R]):
    """`call` is given up to `most` items at a time and gives the outcome of each, in order: a
    result, or an error.

    Nothing waits longer than a call's own time limit: when the store is away, those who wait behind
    fail with the call; and beyond `MOST_WAITING` whoever comes is turned away at once.
    """

    def __init__(
        self, call: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], most: int = MOST
    ) -> None:
        self._call, self._most = call, most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._flight: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """Raises the item's own error, or that of the call when its outcome is unknown."""
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded
        outcome: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, outcome))
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
        return await outcome

    async def _fly(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            STORE_BATCH.observe(len(batch))
            try:
                outcomes = await self._call([item for item, _ in batch])
            except BaseException as error:
                failed = batch
                if is_away(error):
                    failed, self._waiting = batch + self._waiting, []
                reason = error if isinstance(error, Exception) else ConnectionError("stopped")
                _settle(failed, [reason] * len(failed))
                if not isinstance(error, Exception):
                    raise
            else:
                _settle(batch, outcomes)


def _settle(
    batch: Sequence[tuple[T, asyncio.Future[R]]], outcomes: Sequence[R | Exception]
) -> None:
    for (_, waiting), outcome in zip(batch, outcomes, strict=True):
        if waiting.done():  # its caller has gone
            continue
        if isinstance(outcome, Exception):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)


class Coalescer(Batcher[Write, None]):
    """Writes to one collection; each caller gets its own outcome, and 'done' means by the majority,
    in the journal."""

    def __init__(self, collection: AsyncCollection[dict[str, Any]]) -> None:
        super().__init__(self._write)
        self._collection = collection

    async def _write(self, writes: Sequence[Write]) -> Sequence[Exception | None]:
        outcomes: list[Exception | None] = [None] * len(writes)
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            if concern := details.get(
                "writeConcernErrors"
            ):  # applied perhaps, but not promised: nobody is told 'done'
                raise WriteConcernError(
                    str(concern[0].get("errmsg")), concern[0].get("code")
                ) from None
            for entry in details.get("writeErrors", []):
                outcomes[entry["index"]] = _error(entry)
        return outcomes


def _error(entry: Mapping[str, Any]) -> Exception:
    """What is wrong with this one write. No passing trouble of the store: a message that causes it
    is put aside."""
    if entry.get("code") == 11000:
        return Refused(entry.get("keyPattern", {"_id": 1}))
    return WriteError(str(entry.get("errmsg")), entry.get("code"))
