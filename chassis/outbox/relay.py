"""The relay: publishes the events that wait in their aggregates, in order.

Each process of a service relays some shares of the aggregates, under leases in the store; others
take over what lapses. A relay that slept past its leases publishes nothing more. What this process
wrote goes out without being read again, where nothing earlier may still wait; everything else is
found in the store. What is published twice all the same (a crash between the broker's
acknowledgement and the mark) has the same id, and consumers recognise it.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import inf

import structlog

from chassis.mongo.store import Document, Store
from chassis.outbox.backlog import Backlog
from chassis.outbox.shares import SHARES, Shares
from chassis.outbox.unpublished import Outbox, sendable
from chassis.sending.sender import Bus, Sender
from chassis.tasks.loops import background, raise_if_cancelled, run_periodically

log = structlog.get_logger()
_POLL_EVERY = 5.0  # seconds; for wake-ups that are lost, and writes whose outcome was unknown
_RETRY_AFTER = 0.5  # seconds
_READ_AGAIN = 1.0  # seconds between reads of the store while a partition does not acknowledge
_ALL = frozenset(range(SHARES))


class Relay:
    """Runs in every process of a service; works on the shares that it holds."""

    def __init__(self, store: Store, bus: Bus, lease_seconds: float = 5.0) -> None:
        self._store, self._bus = store, bus
        self._shares = Shares(store.collection("leases"), lease_seconds)
        self._sender = Sender(bus, self._shares, store.outboxes, self._settled)
        self._renew_every = lease_seconds * 0.5
        self._renew_at = self._poll_at = self._read_at = -inf
        self._backlog = Backlog()
        self._unread = set[Outbox]()  # others wrote to these
        self._elsewhere = set[tuple[str, int]]()  # (outbox, share) to tell others of

    async def run(self) -> None:
        """Until cancelled. Errors are logged and retried."""
        try:
            async with (
                background(run_periodically("wakeups", self._listen, 1.0)),
                background(run_periodically("marks", self._sender.mark_soon, 0.0, _RETRY_AFTER)),
            ):
                while True:
                    try:
                        await self._bus.heal()
                        await self._turn()
                        raise_if_cancelled()
                    except Exception as error:
                        raise_if_cancelled()
                        self._poll_at = -inf
                        log.warning("relay pauses", error=type(error).__name__)
                        await asyncio.sleep(_RETRY_AFTER)
        finally:
            for step in (self._sender.mark, self._shares.leave, self._store.wakeups.notify_all):
                with suppress(Exception):
                    async with asyncio.timeout(2):
                        await step()

    async def _turn(self) -> None:
        """Renew the leases, and publish whatever is written until they are due again."""
        await self._renew()
        while time.monotonic() < self._renew_at:
            unread = await self._publish_fresh()
            for outbox in self._due(unread | self._unread):
                await self._publish_found(outbox)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(self._renew_at, self._poll_at) - time.monotonic()):
                    await self._store.unpublished.written.wait()

    async def _renew(self) -> None:
        """Renew, take and give back shares. Events of a new one may have waited: all are read."""
        held = self._shares.held
        self._renew_at = time.monotonic() + self._renew_every
        if surplus := await self._shares.renew():
            await self._sender.mark()
            await self._shares.give_back(surplus)
            await self._store.wakeups.notify_all()
        if self._shares.held - held:
            self._poll_at = -inf

    def _settled(self, outbox: Outbox) -> None:
        self._unread.add(outbox)
        self._store.unpublished.written.set()

    async def _listen(self) -> None:
        async for wakeup in self._store.wakeups.listen():
            if "shares" not in wakeup:
                self._renew_at = self._poll_at = -inf
            elif self._shares.held & {*wakeup["shares"]}:
                self._unread |= {o for o in self._store.outboxes if o.name in wakeup["outboxes"]}
            else:
                continue
            self._store.unpublished.written.set()

    def _due(self, unread: set[Outbox]) -> Sequence[Outbox]:
        """The outboxes to read: all at every poll, else those where something may wait; seldom
        where a partition does not acknowledge, as each write behind its events asks for it."""
        now, self._unread = time.monotonic(), set()
        if now >= self._poll_at:
            self._poll_at = min(now + _POLL_EVERY, self._sender.partitions.retry_at)
            unread = {*self._store.outboxes}
        elif unread and self._sender.is_waiting and now < self._read_at:
            self._unread, self._poll_at = unread, min(self._poll_at, self._read_at)
            return []
        self._read_at = now + _READ_AGAIN
        return list(unread)

    async def _publish_fresh(self) -> set[Outbox]:
        """Publish what this process wrote, or wake those who do. Gives the outboxes to read."""
        await self._sender.settle_late()
        written, unread = self._store.unpublished.take()
        held = self._shares.held
        if unread:
            self._elsewhere |= {(o.name, share) for o in unread for share in _ALL - held}
        batches: dict[Outbox, Sequence[Document]] = {}
        for outbox, fresh in written.items():
            self._elsewhere |= {(outbox.name, f.share) for f in fresh if f.share not in held}
            documents, complete = sendable(fresh, held, outbox.published.seq)
            if documents:
                batches[outbox] = documents
            if not complete:
                unread.add(outbox)
        await self._send(batches)
        if self._elsewhere:
            await self._store.wakeups.notify(self._elsewhere)
            self._elsewhere.clear()
        return unread

    async def _publish_found(self, outbox: Outbox) -> None:
        """Publish what the store has in the held shares, page by page."""
        async for documents in self._backlog.pages(outbox, self._shares.held):
            await self._send({outbox: documents} if documents else {})
            if time.monotonic() > self._renew_at:
                break
        again = time.monotonic() + self._backlog.read_again_after(outbox)
        self._poll_at = min(self._poll_at, again)

    async def _send(self, batches: Mapping[Outbox, Sequence[Document]]) -> None:
        """What fails is read and sent again after a rest of its partition."""
        if not await self._sender.send(batches):
            self._poll_at = min(self._poll_at, self._sender.partitions.retry_at)
            self._renew_at = -inf  # the turn ends: the bus may have to heal
