"""Seals what was stored before personal fields were sealed, or before a field was declared
personal: `ops.seal` runs it beside the running services.

A killed run leaves nothing half done: each document is one write, and a later run seals what is
left.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple, Protocol

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from chassis.errors import Conflict, NotFound
from chassis.mongo.store import Document

_BATCH = 200
_TOGETHER = 20
"""Documents sealed at the same time: the services beside it must keep their share of the store."""


class Sealable(Protocol):
    """A collection whose documents are stored sealed. `needed`: the fields `is_readable` needs."""

    name: str
    needed: dict[str, int]

    @property
    def documents(self) -> AsyncCollection[Document]: ...

    def is_readable(self, document: Document) -> bool:
        """Whether a stored document has something personal that is not sealed."""
        ...

    async def seal_stored(self, id: str) -> None:
        """Seal it where it is. Safe to repeat, and beside other changes.

        Raises:
            NotFound: it was deleted.
            Conflict: others changed it time after time.
        """
        ...


class Progress(NamedTuple):
    """So far: documents looked at, found readable, and left readable because others kept changing
    them. `last`: the id up to which everything was looked at."""

    seen: int = 0
    readable: int = 0
    left: int = 0
    last: Any = None


async def seal_all(target: Sealable, *, check: bool = False) -> AsyncGenerator[Progress, None]:
    """Goes through the collection by id, and tells the progress after each batch. `check`: counts
    only. Documents that are added meanwhile are sealed by their services.

    Each query has a time limit; raises the driver's error where the store is unavailable.
    """
    progress = Progress()
    while batch := await _batch(target, progress.last):
        readable = [document["_id"] for document in batch if target.is_readable(document)]
        left = len(readable) if check else await _seal(target, readable)
        progress = Progress(
            progress.seen + len(batch),
            progress.readable + len(readable),
            progress.left + left,
            batch[-1]["_id"],
        )
        yield progress


async def _batch(target: Sealable, last: Any) -> list[Document]:
    query = {} if last is None else {"_id": {"$gt": last}}
    found = target.documents.find(query, target.needed, limit=_BATCH, max_time_ms=5000)
    return await found.sort("_id", ASCENDING).to_list()


async def _seal(target: Sealable, ids: Sequence[str]) -> int:
    """How many are left readable."""
    left = 0
    for start in range(0, len(ids), _TOGETHER):
        sealed = await asyncio.gather(
            *(target.seal_stored(id) for id in ids[start : start + _TOGETHER]),
            return_exceptions=True,
        )
        for outcome in sealed:
            if isinstance(outcome, Conflict):
                left += 1
            elif isinstance(outcome, BaseException) and not isinstance(outcome, NotFound):
                raise outcome
    return left
