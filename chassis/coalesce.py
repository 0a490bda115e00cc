"""Concurrent writes go out together: what arrives while a write is in flight is the next bulk write."""

import asyncio
from collections.abc import Mapping
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, WriteConcernError, WriteError

from chassis.metrics import STORE_BATCH

MOST = 256
Write = InsertOne[dict[str, Any]] | UpdateOne


class Refused(Exception):
    """The store refused this one write: a unique index holds the value already. `key` names the index's fields."""

    def __init__(self, key: Mapping[str, Any]) -> None:
        super().__init__(", ".join(key))
        self.key = tuple(key)


class Coalescer:
    """Writes to one collection; each caller gets its own outcome, and 'done' means by the majority, in the journal."""

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]]) -> None:
        self._collection = collection
        self._waiting: list[tuple[Write, asyncio.Future[None]]] = []
        self._flight: asyncio.Task[None] | None = None

    async def submit(self, write: Write) -> None:
        """Raises Refused, or the driver's error when the outcome is unknown."""
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, outcome))
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
        await outcome

    async def _fly(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            STORE_BATCH.observe(len(batch))
            try:
                await self._collection.bulk_write([write for write, _ in batch], ordered=False)
                _settle(batch, {})
            except BulkWriteError as error:
                _settle_partly(batch, error.details or {})
            except BaseException as error:
                for _, outcome in batch:
                    if not outcome.done():
                        outcome.set_exception(error if isinstance(error, Exception) else ConnectionError("stopped"))
                if not isinstance(error, Exception):
                    raise


def _settle_partly(batch: list[tuple[Write, asyncio.Future[None]]], details: Mapping[str, Any]) -> None:
    if concern := details.get("writeConcernErrors"):  # applied perhaps, but not promised: nobody is told 'done'
        unknown = WriteConcernError(str(concern[0].get("errmsg")), concern[0].get("code"))
        _settle(batch, dict.fromkeys(range(len(batch)), unknown))
    else:
        _settle(batch, {entry["index"]: _error(entry) for entry in details.get("writeErrors", [])})


def _error(entry: Mapping[str, Any]) -> Exception:
    """What is wrong with this one write. No passing trouble of the store: a message that causes it is put aside."""
    if entry.get("code") == 11000:
        return Refused(entry.get("keyPattern", {"_id": 1}))
    return WriteError(str(entry.get("errmsg")), entry.get("code"))


def _settle(batch: list[tuple[Write, asyncio.Future[None]]], errors: Mapping[int, Exception]) -> None:
    for index, (_, outcome) in enumerate(batch):
        if outcome.done():  # its caller has gone
            continue
        if index in errors:
            outcome.set_exception(errors[index])
        else:
            outcome.set_result(None)
