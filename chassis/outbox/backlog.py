"""What the store has to publish, read page by page: past what waits for its partition, or behind an
event that was refused."""

from collections.abc import AsyncGenerator, Collection
from math import inf

from chassis.mongo.store import Document
from chassis.outbox.unpublished import Outbox
from chassis.sending.refused import FIELD
from chassis.telemetry.metrics import RELAY_BACKLOG, RELAY_PARKED

_PAGE = 500
_PAUSE = 0.5  # seconds


class Backlog:
    """A reading that is left before its end goes on from there the next time; then it begins anew,
    since what lies before may have failed, or was written meanwhile."""

    def __init__(self) -> None:
        self._after: dict[Outbox, str] = {}
        self._resumed = set[Outbox]()

    def read_again_after(self, outbox: Outbox) -> float:
        """Seconds; infinite if the last reading went from the start to the end."""
        if outbox in self._after:
            return 0.0
        return _PAUSE if outbox in self._resumed else inf

    async def pages(
        self, outbox: Outbox, held: Collection[int]
    ) -> AsyncGenerator[list[Document], None]:
        """Of the held shares, what is not known to be published."""
        first = after = self._after.pop(outbox, "")
        self._resumed.discard(outbox)
        parked = backlog = 0
        while True:
            found = await _page(outbox, held, after)
            free = [document for document in found if FIELD not in document]
            documents = outbox.published.without(free)
            parked += len(found) - len(free)
            RELAY_BACKLOG.labels(outbox.name).set(backlog + len(documents))
            is_last = len(found) < _PAGE
            if is_last:
                self._after.pop(outbox, None)
            else:
                after = self._after[outbox] = found[-1]["_id"]
            if is_last and first:
                self._resumed.add(outbox)
            yield documents
            backlog += len(outbox.published.without(documents))  # it waits for its partition
            if is_last:
                break
        RELAY_BACKLOG.labels(outbox.name).set(backlog)
        if not first:
            RELAY_PARKED.labels(outbox.name).set(parked)


async def _page(outbox: Outbox, held: Collection[int], after: str) -> list[Document]:
    """Documents with unpublished events, by id. One without a share is of the first."""
    if not held:
        return []
    shares = [*held, None] if 0 in held else [*held]
    query = {"pending": True, "share": {"$in": shares}, "_id": {"$gt": after}}
    fields = {"outbox": 1, "share": 1, FIELD: 1}
    cursor = outbox.collection.find(query, fields, limit=_PAGE, max_time_ms=5000)
    return await cursor.sort("_id", 1).to_list()
