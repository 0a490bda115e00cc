"""Keys that fail while others succeed. Their messages wait in the store, in order, and are tried
again; the rest of their partition flows. See docs/decisions/0033.

Only the member that holds a partition applies what is parked of it.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from chassis.delivery.outcome import Applier, Limits, settle
from chassis.delivery.parked_store import Key, ParkedMessage, ParkedStore, Partition, key_of
from chassis.kafka.subscriptions import Delivery, Record
from chassis.telemetry.metrics import PARKED_MESSAGES

log = structlog.get_logger()
_FIRST_PAUSE, _MAX_PAUSE = 1.0, 60.0  # seconds between tries of a key
_MAX_CONCURRENT = 8  # keys
Read = Callable[[Record], Delivery | None]


@dataclass
class _Parked:
    count: int
    since: float = field(default_factory=time.perf_counter)
    next_try: float = 0.0
    pause: float = _FIRST_PAUSE
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    room: asyncio.Event = field(default_factory=asyncio.Event)


class ParkedKeys:
    """`max_age` in seconds and `max_messages` of one key: beyond, the oldest becomes a dead letter,
    unless nothing else succeeds either."""

    def __init__(
        self, store: ParkedStore, group: str, max_age: float = 86_400.0, max_messages: int = 10_000
    ) -> None:
        self._store, self._group = store, group
        self._limits = Limits(timedelta(seconds=max_age), max_messages)
        self._known = set[Partition]()
        self._keys: dict[Key, _Parked] = {}
        self._loading = asyncio.Lock()
        self._tasks = set[asyncio.Task[None]]()
        self._closed = False

    async def takes(self, delivery: Delivery) -> bool:
        """Whether earlier messages of its key are parked; then it is, behind them."""
        key = key_of(delivery)
        while key[0] not in self._known:
            await self._load(key[0])
        while (parked := self._keys.get(key)) is not None:
            async with parked.lock:
                if self._keys.get(key) is not parked:
                    continue
                if parked.count < self._limits.messages:
                    parked.count += await self._store.add(key, delivery.record, "")
                    return True
                parked.room.clear()
            await parked.room.wait()
        return False

    async def park(self, delivery: Delivery, error: Exception) -> None:
        """The first one of its key. Raises the store's error."""
        key, name = key_of(delivery), type(error).__name__
        parked = _Parked(await self._store.add(key, delivery.record, name))
        parked.next_try = time.monotonic() + parked.pause
        self._keys[key] = parked
        log.warning("key parked", topic=key[0][0], partition=key[0][1], error=name)

    async def resume_due(
        self,
        partitions: Collection[Partition],
        read: Read,
        applier: Applier,
    ) -> None:
        """Try the keys whose time has come."""
        for partition in partitions:
            if partition not in self._known:
                await self._load(partition)
        if self._closed:
            return
        now = time.monotonic()
        due = [(key, one) for key, one in self._keys.items() if one.next_try <= now]
        for key, parked in due[:_MAX_CONCURRENT]:
            task = asyncio.create_task(self._resume(key, parked, read, applier))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        self._show()

    def open(self) -> None:
        """Partitions are this member's."""
        self._closed = False

    async def close(self) -> None:
        """The partitions go to other members."""
        self._closed = True
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        self._known.clear()
        for parked in self._keys.values():
            parked.room.set()
        self._keys.clear()
        self._show()

    async def _load(self, partition: Partition) -> None:
        async with self._loading:
            if partition in self._known:
                return
            counts = await self._store.counts(partition)
            if self._closed:  # meanwhile
                return
            for lane, count in counts.items():
                self._keys.setdefault((partition, lane), _Parked(count))
            self._known.add(partition)

    async def _resume(self, key: Key, parked: _Parked, read: Read, applier: Applier) -> None:
        """In order, until one fails or none is left."""
        try:
            while (message := await self._first(key, parked)) is not None:
                delivery = read(message.record)
                if delivery is not None and not await settle(
                    message, delivery, applier, self._limits, parked.count, parked.since
                ):
                    parked.pause = min(parked.pause * 2, _MAX_PAUSE)
                    return
                await self._store.remove(message.id)
                parked.count, parked.pause = parked.count - 1, _FIRST_PAUSE
                parked.room.set()
        finally:
            parked.next_try = time.monotonic() + parked.pause

    async def _first(self, key: Key, parked: _Parked) -> ParkedMessage | None:
        """The oldest; None if none is left: then the key is parked no more."""
        async with parked.lock:  # nothing is added meanwhile
            found = await self._store.first(key)
            if found is None and self._keys.get(key) is parked:
                del self._keys[key]
                parked.room.set()
                log.info("key flows again", topic=key[0][0], partition=key[0][1])
            return found

    def _show(self) -> None:
        waiting = sum(parked.count for parked in self._keys.values())
        PARKED_MESSAGES.labels(self._group).set(waiting)
