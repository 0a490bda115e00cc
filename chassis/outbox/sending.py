"""What the relay sends to the broker, and what that acknowledged."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import structlog

from chassis.mongo.store import Document
from chassis.outbox.shares import Shares
from chassis.outbox.unpublished import Outbox
from chassis.telemetry.metrics import RELAY_PUBLISHED

log = structlog.get_logger()
_MARK_AFTER = 0.25  # seconds
_MAX_UNMARKED = 10_000


class Bus(Protocol):
    """Where events go."""

    async def send(self, entry: Mapping[str, Any]) -> "asyncio.Future[Any]": ...

    async def heal(self) -> None: ...


class _Sent(NamedTuple):
    id: str
    entry: Mapping[str, Any]
    acknowledged: "asyncio.Future[Any]"


class Sender:
    """Sends what the relay found, and marks it a moment later."""

    def __init__(self, bus: Bus, shares: Shares, outboxes: Sequence[Outbox]) -> None:
        self._bus, self._shares, self._outboxes = bus, shares, outboxes
        self._to_mark = asyncio.Event()

    async def send(self, batches: Mapping[Outbox, Sequence[Document]]) -> bool:
        """Publish all events of these documents. Whether the broker acknowledged them all."""
        steps = [asyncio.create_task(self._send(*batch)) for batch in batches.items()]
        if not steps:
            return True
        try:
            await asyncio.wait(steps)
        except asyncio.CancelledError:  # an orderly stop: what is published gets marked
            await asyncio.wait(steps, timeout=5)
            raise
        if errors := [error for step in steps if (error := step.exception())]:
            raise errors[0]
        results = [step.result() for step in steps]
        return all(results)

    async def _send(self, outbox: Outbox, documents: Sequence[Document]) -> bool:
        done = await self._publish(documents)
        published = outbox.published
        published.remember(done)
        self._to_mark.set()
        if published.unmarked > _MAX_UNMARKED:
            await published.mark(outbox.collection)
        return all(done.get(one["_id"]) == one["outbox"][-1]["seq"] for one in documents)

    async def _publish(self, documents: Sequence[Document]) -> dict[str, int]:
        """For each document the last `seq` that the broker acknowledged, in order."""
        sent: list[_Sent] = []
        for document in documents:
            for entry in document["outbox"]:
                if document.get("share", 0) not in self._shares.held:  # lapsed meanwhile
                    break
                sent.append(_Sent(document["_id"], entry, await self._bus.send(entry)))
        async with asyncio.timeout(20):
            for each in sent:
                if not each.acknowledged.done():  # those of one batch are done at once
                    await asyncio.wait((each.acknowledged,))
        return _last_acknowledged(sent)

    async def mark_soon(self) -> None:
        """Wait until something is published, and a moment for what follows; then mark all."""
        await self._to_mark.wait()
        await asyncio.sleep(_MARK_AFTER)
        self._to_mark.clear()
        try:
            await self.mark()
        except BaseException:
            self._to_mark.set()
            raise

    async def mark(self) -> None:
        """Mark everything that is published."""
        for outbox in self._outboxes:
            await outbox.published.mark(outbox.collection)


def _last_acknowledged(sent: Sequence[_Sent]) -> dict[str, int]:
    done: dict[str, int] = {}
    failed: set[str] = set()
    topics = Counter[str]()
    for id, entry, acknowledged in sent:
        if acknowledged.exception() is not None:
            failed.add(id)
        elif id not in failed:
            done[id] = entry["seq"]
            topics[entry["topic"]] += 1
    for topic, count in topics.items():
        RELAY_PUBLISHED.labels(topic).inc(count)
    if failed:
        log.warning("events not acknowledged, retrying", count=len(failed))
    return done
