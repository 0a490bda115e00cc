"""How the processes of one service wake each other: a few small documents in a ring, and a cursor
that follows them.

The store wakes such a cursor at inserts into this one collection. A change stream wakes at every
write of the whole server: each makes every write dearer
(docs/decisions/0016-bells-and-unjournalled-marks.md).
"""

from collections.abc import AsyncGenerator
from typing import Any

from pymongo import CursorType, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import CollectionInvalid, OperationFailure
from pymongo.read_concern import ReadConcern

_THERE = 48  # the store's code for a collection that somebody made meanwhile
_KEPT = 16


class Bells:
    """A ring that is lost (a crash, a change of primary) is made up for by whoever looks now and
    then anyway."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._database = database
        self._bells = database["bells"].with_options(
            write_concern=WriteConcern(w=1, j=False), read_concern=ReadConcern("local")
        )

    async def prepare(self) -> None:
        """Make the collection. Safe in several processes at once."""
        try:
            await self._database.create_collection("bells", capped=True, size=4096, max=_KEPT)
        except CollectionInvalid:
            return
        except OperationFailure as error:
            if error.code != _THERE:
                raise

    async def ring(self) -> None:
        await self._bells.insert_one({})

    async def heard(self) -> AsyncGenerator[None]:
        """Each ring, from now on and a few from before, until the cursor is lost: then follow
        anew."""
        await self.ring()  # a cursor on nothing ends at once
        cursor = self._bells.find(
            {}, {"_id": 1}, cursor_type=CursorType.TAILABLE_AWAIT
        ).max_await_time_ms(1000)
        while cursor.alive:
            async for _ in cursor:
                yield
