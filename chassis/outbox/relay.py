"""The relay: publishes the events that wait in their aggregates, in order.

One process of a service relays at a time, by a lease in the store; another takes over when it
lapses. A relay that slept past its lease publishes nothing more. What is published twice all the
same (a crash between the broker's acknowledgement and the mark) has the same id, and consumers
recognise it.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any, Protocol

import structlog

from chassis.errors import is_transient
from chassis.mongo.store import Document, Outbox, Store
from chassis.outbox.lease import Lease
from chassis.outbox.published import Published, mark
from chassis.tasks.loops import background, raise_if_cancelled, run_periodically
from chassis.telemetry.metrics import RELAY_BACKLOG, RELAY_PUBLISHED

log = structlog.get_logger()
_POLL_EVERY = 1.0  # seconds; for wake-ups that are lost
_MAX_DOCUMENTS = 500


class Bus(Protocol):
    """Where events go."""

    async def send(self, entry: Mapping[str, Any]) -> "asyncio.Future[Any]": ...

    async def heal(self) -> None: ...


class Relay:
    """Runs in every process of a service; works in the one that holds the lease."""

    def __init__(self, store: Store, bus: Bus, lease_seconds: float = 5.0) -> None:
        self._store, self._bus = store, bus
        self._lease = Lease(store, seconds=lease_seconds)
        self._renew_every = lease_seconds * 0.3
        self._published: dict[str, Published] = defaultdict(Published)
        self._polled_at = -inf

    async def run(self) -> None:
        """Until cancelled. Errors are logged and retried."""
        try:
            async with background(run_periodically("wakeups", self._listen, 1.0)):
                while True:
                    try:
                        await self._bus.heal()
                        await self._turn()
                        raise_if_cancelled()
                    except Exception as error:
                        raise_if_cancelled()
                        self._polled_at = -inf
                        name, transient = type(error).__name__, is_transient(error)
                        log.warning("relay pauses", error=name, transient=transient)
                        await asyncio.sleep(0.5)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(2):
                    await self._lease.give_back()

    async def _turn(self) -> None:
        """Hold the lease, and publish whatever is written; without it, wake its holder."""
        if not await self._lease.take():
            self._polled_at = -inf
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._notify()
            return
        renewed = time.monotonic()
        while time.monotonic() - renewed < self._renew_every:
            self._store.written.clear()
            for outbox in self._due():
                await self._relay(outbox)
            if not self._store.written.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(_POLL_EVERY, self._renew_every)):
                        await self._store.written.wait()

    def _due(self) -> Sequence[Outbox]:
        """The outboxes to read: those this process wrote to; all after a wake-up, and at every
        poll, for what others wrote."""
        unpublished, self._store.unpublished = self._store.unpublished, set()
        if time.monotonic() - self._polled_at >= _POLL_EVERY:
            self._polled_at = time.monotonic()
            return self._store.outboxes
        return list(unpublished)

    async def _notify(self) -> None:
        """Another process relays: wake it when this one writes. One wake-up at a time, for all
        writes meanwhile."""
        while True:
            await self._store.written.wait()
            self._store.written.clear()
            await self._store.wakeups.notify()

    async def _listen(self) -> None:
        async for _ in self._store.wakeups.listen():
            if self._lease.held:
                self._polled_at = -inf
                self._store.written.set()

    async def _relay(self, outbox: Outbox) -> int:
        waiting = outbox.collection.find(
            {"pending": True}, {"outbox": 1}, limit=_MAX_DOCUMENTS, max_time_ms=5000
        )
        found = await waiting.sort("_id", 1).to_list()
        documents = self._published[outbox.name].without(found)
        if len(found) == _MAX_DOCUMENTS:  # there may be more behind these
            self._store.wrote_events(outbox)
        RELAY_BACKLOG.labels(outbox.name).set(len(documents))
        if not documents or not self._lease.held:
            return 0
        step = asyncio.create_task(self._publish_and_mark(outbox, documents))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:  # an orderly stop leaves nothing published but unmarked
            await asyncio.wait({step}, timeout=5)
            raise

    async def _publish_and_mark(self, outbox: Outbox, documents: Sequence[Document]) -> int:
        done = await self._publish(documents)
        if done:
            self._published[outbox.name].remember(done)
            await mark(outbox.collection, done)
        return len(done)

    async def _publish(self, documents: Sequence[Document]) -> dict[str, int]:
        """Send all events of the documents; gives for each the last `seq` that the broker
        acknowledged, in order."""
        sent: list[tuple[str, int, str, asyncio.Future[Any]]] = []
        for document in documents:
            for entry in document["outbox"]:
                if not self._lease.held:  # lapsed meanwhile: another process relays now
                    break
                future = await self._bus.send(entry)
                sent.append((document["_id"], entry["seq"], entry["topic"], future))
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
            log.warning("events not acknowledged, retrying", count=len(failed))
        return done
