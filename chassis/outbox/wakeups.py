"""How the processes of one service wake each other: small documents in a capped collection, and a
cursor that follows them.

Such a cursor wakes at inserts into this one collection. A change stream wakes at every write to the
whole server, and each makes every write more expensive (docs/decisions/0016).
"""

from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any

from pymongo import CursorType, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import CollectionInvalid, OperationFailure
from pymongo.read_concern import ReadConcern

_NAMESPACE_EXISTS = 48  # another process made the collection meanwhile
_MAX_DOCUMENTS, _MAX_BYTES = 512, 128 * 1024
"""A cursor that lags behind by more is lost, and found again a second later."""
_AWAIT_MS = 5000


class Wakeups:
    """One may be lost (a crash, a change of primary): readers must poll from time to time too."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._database = database
        self._wakeups = database["wakeups"].with_options(
            write_concern=WriteConcern(w=1, j=False), read_concern=ReadConcern("local")
        )

    async def prepare(self) -> None:
        """Create the collection. Safe in several processes at once."""
        try:
            await self._database.create_collection(
                "wakeups", capped=True, size=_MAX_BYTES, max=_MAX_DOCUMENTS
            )
        except CollectionInvalid:
            return
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise

    async def notify_all(self) -> None:
        """Everybody looks at everything: the leases, and all outboxes."""
        await self._wakeups.insert_one({})

    async def notify(self, written: Collection[tuple[str, int]]) -> None:
        """These (outbox, share) have new events."""
        outboxes, shares = {name for name, _ in written}, {share for _, share in written}
        await self._wakeups.insert_one({"outboxes": [*outboxes], "shares": [*shares]})

    async def listen(self) -> AsyncGenerator[Mapping[str, Any]]:
        """Each wake-up, from now on and a few from before: with `outboxes` and `shares`, or for
        everything. Ends when the cursor is lost: listen again."""
        await self.notify_all()  # a cursor on an empty collection ends at once
        cursor = self._wakeups.find({}, {"_id": 0}, cursor_type=CursorType.TAILABLE_AWAIT)
        cursor = cursor.max_await_time_ms(_AWAIT_MS)
        while cursor.alive:
            async for wakeup in cursor:
                yield wakeup
