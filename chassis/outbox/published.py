"""Marks published events in their aggregates' documents."""

import time
from collections.abc import Mapping, Sequence

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.write_concern import WriteConcern

from chassis.mongo.store import Document

_REMEMBERED = 5.0  # seconds
_NOT_JOURNALLED = WriteConcern(w=1, j=False)


class Published:
    """What was published and marked a moment ago, so that a mark need not wait for the journal.

    The relay reads what the majority has, which may lag behind the mark. A mark that is lost (a
    crash, a change of primary) is forgotten here in time, and its events are published again:
    consumers recognise them.
    """

    def __init__(self) -> None:
        self._seqs: dict[str, tuple[int, float]] = {}

    def remember(self, done: Mapping[str, int]) -> None:
        now = time.monotonic()
        self._seqs |= {id: (seq, now) for id, seq in done.items()}

    def without(self, documents: Sequence[Document]) -> list[Document]:
        """The documents with the entries that are not known to be published already."""
        since = time.monotonic() - _REMEMBERED
        self._seqs = {id: (seq, at) for id, (seq, at) in self._seqs.items() if at > since}
        left: list[Document] = []
        for document in documents:
            seq, _ = self._seqs.get(document["_id"], (0, 0.0))
            entries = [entry for entry in document["outbox"] if entry["seq"] > seq]
            if entries:
                left.append(document | {"outbox": entries})
        return left


async def mark(collection: AsyncCollection[Document], done: Mapping[str, int]) -> None:
    """Take published entries out of their documents; `done` has the last `seq` of each."""
    unsafe = collection.with_options(write_concern=_NOT_JOURNALLED)
    marked = await unsafe.bulk_write([_mark_all(*each) for each in done.items()], ordered=False)
    if marked.matched_count < len(done):
        await unsafe.bulk_write([_mark_part(*each) for each in done.items()], ordered=False)


def _mark_all(id: str, seq: int) -> UpdateOne:
    """Take everything out, if nothing came after it: cheaper than filtering the entries."""
    return UpdateOne({"_id": id, "seq": seq}, {"$set": {"outbox": []}, "$unset": {"pending": ""}})


def _mark_part(id: str, seq: int) -> UpdateOne:
    left = {"$filter": {"input": "$outbox", "cond": {"$gt": ["$$this.seq", seq]}}}
    flag = {"$cond": [{"$gt": [{"$size": "$outbox"}, 0]}, True, "$$REMOVE"]}
    return UpdateOne({"_id": id}, [{"$set": {"outbox": left}}, {"$set": {"pending": flag}}])
