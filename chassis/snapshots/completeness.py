"""Whether a service's replicas hold all that was published before they were there."""

from collections.abc import Collection

from aiokafka import TopicPartition

from chassis.mongo.store import Document, Store
from chassis.snapshots.reading import Ends

_ID = "replicas"


class Completeness:
    """One document says which replicas were filled, and from which events."""

    def __init__(self, store: Store) -> None:
        self._replicas, self._now = store.replicas, store.clock.now
        self._marks = store.collection("snapshots")

    async def missing(self, events: Collection[str]) -> str | None:
        """Why the snapshots have to be read, in a few words; None if all is there. An interrupted
        reading left no mark; a replica that was deleted is empty."""
        mark = await self._mark()
        if new := {replica.name for replica in self._replicas} - {*mark.get("replicas", ())}:
            return f"new replicas: {', '.join(sorted(new))}"
        if new := {*events} - {*mark.get("events", ())}:
            return f"new events: {', '.join(sorted(new))}"
        for replica in self._replicas:
            if await replica.find_one({}, {"_id": 1}, max_time_ms=5000) is None:
                return f"empty: {replica.name}"
        return None

    async def built_at(self) -> Ends:
        """Where the topics ended when the replicas were built."""
        mark = await self._mark()
        return {TopicPartition(topic, n): end for topic, n, end in mark.get("ends", ())}

    async def note(self, events: Collection[str], ends: Ends) -> None:
        """All was read that was published when the topics ended there."""
        mark = {
            "replicas": sorted(replica.name for replica in self._replicas),
            "events": sorted(events),
            "at": self._now(),
            "ends": [[*partition, end] for partition, end in ends.items()],
        }
        await self._marks.replace_one({"_id": _ID}, mark, upsert=True)

    async def _mark(self) -> Document:
        return await self._marks.find_one({"_id": _ID}, max_time_ms=5000) or {}
