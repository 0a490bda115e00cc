"""What a process has published, and the marks that take it out of the aggregates' documents."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.write_concern import WriteConcern

_REMEMBERED = 5.0  # seconds
_NOT_JOURNALLED = WriteConcern(w=1, j=False)


class Published:
    """The last published `seq` of each aggregate of one collection, as far as this process made it
    so.

    It is kept until its mark is written, so that nothing is published twice; and some seconds
    longer, because the relay reads what the majority has, which may lag behind the mark. A mark
    that is lost (a crash, a change of primary) is forgotten here in time, and its events are
    published again: consumers recognise them.
    """

    def __init__(self) -> None:
        self._unmarked: dict[str, int] = {}
        self._marked: dict[str, tuple[int, float]] = {}

    @property
    def unmarked(self) -> int:
        """How many aggregates wait for their marks."""
        return len(self._unmarked)

    def seq(self, id: str) -> int:
        """The aggregate's events up to this one are published; 0: not known."""
        if unmarked := self._unmarked.get(id):
            return unmarked
        seq, at = self._marked.get(id, (0, 0.0))
        return seq if at > time.monotonic() - _REMEMBERED else 0

    def remember(self, done: Mapping[str, int]) -> None:
        """The broker acknowledged the events up to these. Another replica may mark them first."""
        self._unmarked.update(done)

    def marked(self, done: Mapping[str, int]) -> None:
        """The marks up to these are written, here or within a change of the document."""
        now = time.monotonic()
        for id, seq in done.items():
            if self._unmarked.get(id, 0) <= seq:
                self._unmarked.pop(id, None)
            self._marked.pop(id, None)  # the oldest stay in front
            self._marked[id] = seq, now
        while self._marked:
            id, (_, at) = next(iter(self._marked.items()))
            if at > now - _REMEMBERED:
                break
            del self._marked[id]

    def without(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The documents with the entries that are not known to be published already."""
        left: list[dict[str, Any]] = []
        for document in documents:
            seq = self.seq(document["_id"])
            entries = [entry for entry in document["outbox"] if entry["seq"] > seq]
            if entries:
                left.append(document | {"outbox": entries})
        return left

    async def mark(self, collection: AsyncCollection[dict[str, Any]]) -> None:
        """Take the published entries out of their documents, all in one bulk write. What fails is
        tried again with the next."""
        done = dict(self._unmarked)
        if not done:
            return
        unsafe = collection.with_options(write_concern=_NOT_JOURNALLED)
        result = await unsafe.bulk_write([_mark_all(*each) for each in done.items()], ordered=False)
        if result.matched_count < len(done):
            await unsafe.bulk_write([_mark_part(*each) for each in done.items()], ordered=False)
        self.marked(done)


def _mark_all(id: str, seq: int) -> UpdateOne:
    """Take everything out, if nothing came after it: cheaper than filtering the entries."""
    return UpdateOne({"_id": id, "seq": seq}, {"$set": {"outbox": []}, "$unset": {"pending": ""}})


def _mark_part(id: str, seq: int) -> UpdateOne:
    left = {"$filter": {"input": "$outbox", "cond": {"$gt": ["$$this.seq", seq]}}}
    flag = {"$cond": [{"$gt": [{"$size": "$outbox"}, 0]}, True, "$$REMOVE"]}
    return UpdateOne({"_id": id}, [{"$set": {"outbox": left}}, {"$set": {"pending": flag}}])
