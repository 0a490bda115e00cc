"""The relay: takes events out of their aggregates, in order, and puts them on their topics.

One process of a service relays at a time, by a lease in the store; another takes over when it
lapses. A relay that was asleep past its lease publishes nothing more. What is published twice all
the same (a crash between the broker's acknowledgement and the mark) has the same id and is seen
through by consumers.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any

import structlog
from pymongo import ReturnDocument, UpdateOne
from pymongo.write_concern import WriteConcern

from chassis.bus import Publisher
from chassis.ids import new_id
from chassis.loop import beside, end_if_told, every
from chassis.metrics import RELAY_BACKLOG, RELAY_LEADER, RELAY_PUBLISHED
from chassis.problem import is_away
from chassis.store import Document, Repository, Store

log = structlog.get_logger()
_LOOK_EVERY = 1.0  # seconds; wake-ups and rings come long before, this is for what they miss
_MOST = 500
_REMEMBERED = 5.0  # seconds
_UNPROMISED = WriteConcern(w=1, j=False)


class Lease:
    """The right to relay, for `seconds`, by the store's clock. Held only while this process's own
    clock agrees."""

    def __init__(self, store: Store, name: str = "relay", seconds: float = 5.0) -> None:
        self._collection, self._name, self._seconds = store.collection("leases"), name, seconds
        self.holder = new_id("holder")
        self._until = 0.0

    @property
    def held(self) -> bool:
        return time.monotonic() < self._until

    async def take(self) -> bool:
        """Take or renew. The local deadline counts from before the call and ends a fifth early."""
        asked = time.monotonic()
        until = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        free = {
            "$or": [
                {"$eq": ["$holder", self.holder]},
                {"$lte": [{"$ifNull": ["$until", None]}, "$$NOW"]},
            ]
        }
        document = await self._collection.find_one_and_update(
            {"_id": self._name},
            [
                {"$set": {"free": free}},
                {
                    "$set": {
                        k: {"$cond": ["$free", v, f"${k}"]}
                        for k, v in (("holder", self.holder), ("until", until))
                    }
                },
                {"$unset": "free"},
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        taken = document is not None and document["holder"] == self.holder
        self._until = asked + self._seconds * 0.8 if taken else 0.0
        RELAY_LEADER.set(int(taken))
        return taken

    async def give_back(self) -> None:
        self._until = 0.0
        RELAY_LEADER.set(0)
        await self._collection.update_one(
            {"_id": self._name, "holder": self.holder},
            [{"$set": {"until": {"$subtract": ["$$NOW", 1]}}}],
        )


class Relay:
    """Runs in every process of a service; works in the one that holds the lease."""

    def __init__(self, store: Store, publisher: Publisher, lease_seconds: float = 5.0) -> None:
        self._store, self._publisher, self._lease = (
            store,
            publisher,
            Lease(store, seconds=lease_seconds),
        )
        self._renew_every = lease_seconds * 0.3
        self._marked: dict[str, Marked] = defaultdict(Marked)
        self._looked = -inf

    async def run(self) -> None:
        """Until cancelled. Whatever fails is logged and tried again."""
        try:
            async with beside(every("bells", self._hear, 1.0)):
                while True:
                    try:
                        await self._publisher.heal()
                        await self._turn()
                        end_if_told()
                    except Exception as error:
                        end_if_told()
                        self._looked = -inf
                        log.warning("relay pauses", error=type(error).__name__, away=is_away(error))
                        await asyncio.sleep(0.5)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(2):
                    await self._lease.give_back()

    async def _turn(self) -> None:
        """Hold the lease and publish until nothing is left; then wait for a wake-up."""
        if not await self._lease.take():
            self._looked = -inf
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._ring()
            return
        renewed = time.monotonic()
        while time.monotonic() - renewed < self._renew_every:
            self._store.written.clear()
            for repository in self._due():
                await self._relay(repository)
            if not self._store.written.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(_LOOK_EVERY, self._renew_every)):
                        await self._store.written.wait()

    def _due(self) -> Sequence[Repository[Any]]:
        """Where this process wrote events; everywhere, for what others wrote, when they rang and
        every second."""
        dirty, self._store.dirty = self._store.dirty, set()
        if time.monotonic() - self._looked >= _LOOK_EVERY:
            self._looked = time.monotonic()
            return self._store.repositories
        return list(dirty)

    async def _ring(self) -> None:
        """Somebody else relays: tell them when this process writes, as often as a ring takes and no
        more."""
        while True:
            await self._store.written.wait()
            self._store.written.clear()
            await self._store.bells.ring()

    async def _relay(self, repository: Repository[Any]) -> int:
        cursor = repository.collection.find(
            {"pending": True}, {"outbox": 1}, limit=_MOST, max_time_ms=5000
        )
        found = await cursor.sort("_id", 1).to_list()
        documents = self._marked[repository.name].without(found)
        if len(found) == _MOST:  # there may be more behind these
            self._store.wrote(repository)
        RELAY_BACKLOG.labels(repository.name).set(len(documents))
        if not documents or not self._lease.held:
            return 0
        step = asyncio.create_task(self._publish_and_mark(repository, documents))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:  # a stop in good order leaves nothing published but unmarked
            await asyncio.wait({step}, timeout=5)
            raise

    async def _publish_and_mark(
        self, repository: Repository[Any], documents: Sequence[Document]
    ) -> int:
        done = await self._publish(documents)
        if done:
            self._marked[repository.name].remember(done)
            collection = repository.collection.with_options(write_concern=_UNPROMISED)
            marked = await collection.bulk_write(
                [_mark_all(id, seq) for id, seq in done.items()], ordered=False
            )
            if marked.matched_count < len(done):
                await collection.bulk_write(
                    [_mark(id, seq) for id, seq in done.items()], ordered=False
                )
        return len(done)

    async def _publish(self, documents: Sequence[Document]) -> dict[str, int]:
        """Send all events of the documents; gives for each the last `seq` that the broker
        acknowledged, in order."""
        sent: list[tuple[str, int, str, asyncio.Future[Any]]] = []
        for document in documents:
            for entry in document["outbox"]:
                if not self._lease.held:  # asleep in between: somebody else relays now
                    break
                sent.append(
                    (
                        document["_id"],
                        entry["seq"],
                        entry["topic"],
                        await self._publisher.send(entry),
                    )
                )
        done: dict[str, int] = {}
        failed: set[str] = set()
        async with asyncio.timeout(20):
            await asyncio.gather(*(future for *_, future in sent), return_exceptions=True)
        for id, seq, topic, future in sent:
            if future.exception() is not None:
                failed.add(id)
            elif id not in failed:
                done[id] = seq
                RELAY_PUBLISHED.labels(topic).inc()
        if failed:
            log.warning("events not taken by the broker, tried again", count=len(failed))
        return done

    async def _hear(self) -> None:
        """Look where other processes of this service wrote, when they ring."""
        async for _ in self._store.bells.heard():
            if self._lease.held:
                self._looked = -inf
                self._store.written.set()


class Marked:
    """What was published and marked a moment ago: so a mark need not wait for the journal.

    The relay reads what the majority has, which may lag behind the mark. A mark that was lost (a
    crash, a change of primary) is forgotten here in time, and its events go out again: consumers
    see through that.
    """

    def __init__(self) -> None:
        self._seqs: dict[str, tuple[int, float]] = {}

    def remember(self, done: Mapping[str, int]) -> None:
        now = time.monotonic()
        self._seqs |= {id: (seq, now) for id, seq in done.items()}

    def without(self, documents: Sequence[Document]) -> list[Document]:
        """The documents with what is not known to be out already."""
        since = time.monotonic() - _REMEMBERED
        self._seqs = {id: (seq, at) for id, (seq, at) in self._seqs.items() if at > since}
        left: list[Document] = []
        for document in documents:
            seq, _ = self._seqs.get(document["_id"], (0, 0.0))
            entries = [entry for entry in document["outbox"] if entry["seq"] > seq]
            if entries:
                left.append(document | {"outbox": entries})
        return left


def _mark_all(id: str, seq: int) -> UpdateOne:
    """Take everything out, if nothing came after it: cheaper for the store than to look at each."""
    return UpdateOne({"_id": id, "seq": seq}, {"$set": {"outbox": []}, "$unset": {"pending": ""}})


def _mark(id: str, seq: int) -> UpdateOne:
    """Take out what was published, and the flag with the last of it."""
    left = {"$filter": {"input": "$outbox", "cond": {"$gt": ["$$this.seq", seq]}}}
    flag = {"$cond": [{"$gt": [{"$size": "$outbox"}, 0]}, True, "$$REMOVE"]}
    return UpdateOne({"_id": id}, [{"$set": {"outbox": left}}, {"$set": {"pending": flag}}])
