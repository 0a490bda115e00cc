"""A person's open stream: first what was missed, then what comes, each once."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import timedelta

import structlog

from chassis.clock import Clock
from chassis.errors import is_transient
from chassis.identity.guards import Principal
from chassis.kafka.subscriptions import Message as Origin
from contracts.events.registration import SessionRevoked
from services.notify.delivery.handlers import Deliveries, frame
from services.notify.inbox.store import Inbox
from services.notify.recipient.store import Recipients
from services.notify.stream.domain import KEEPALIVE, RETRY, Frame, catch_up, mark
from services.notify.stream.hub import Hub, Item, Reader
from services.notify.stream.store import Live

_KEEPALIVE = 15.0  # seconds
_REMEMBERED = (
    3600.0  # seconds on a wall clock that the inbox is asked for when the live stream cannot tell
)
_MOST_TOLD = 200
log = structlog.get_logger()
Owed = Sequence[tuple[str | None, Frame]]


class Streams:
    def __init__(
        self,
        hub: Hub,
        live: Live,
        inbox: Inbox,
        recipients: Recipients,
        deliveries: Deliveries,
        clock: Clock,
    ) -> None:
        self._hub, self._live, self._inbox, self._recipients = hub, live, inbox, recipients
        self._deliveries, self._clock = deliveries, clock

    async def open(self, who: Principal, last: str | None) -> AsyncGenerator[bytes]:
        """Server-sent events until the token lapses, the reader is gone or too slow, or the process
        is to stop.

        The hub knows the reader before what was missed is looked up, so nothing can fall in
        between.
        """
        with self._hub.open(who.subject, who.session) as reader:
            yield RETRY
            reader.give("again")
            try:
                async for chunk in self._chunks(who, reader, last):
                    yield chunk
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("stream ends, a store is away", error=type(error).__name__)

    async def _chunks(
        self, who: Principal, reader: Reader, place: str | None
    ) -> AsyncGenerator[bytes]:
        told: dict[str, None] = {}
        while (item := await next_item(reader, who.until, self._clock.real)) != "end":
            if item is None:
                yield KEEPALIVE
                continue
            if item == "again":
                owed, place = await self._owed(who.subject, place)
            else:
                owed = [] if item[1].lapsed(self._now_ms()) else [item]
            for id, one in owed:
                if one.message not in told:
                    yield one.sse(id)
                    _remember(told, one.message)
                    self._deliveries.streamed(one.message)
                place = id or place
            if item == "again" and place is not None:
                yield mark(place)

    async def _owed(self, person: str, place: str | None) -> tuple[Owed, str]:
        """What the person has missed, and the position after it."""
        known, streamed, newest = await self._live.since(person, place)
        now, backlog = self._clock.now(), []
        if place is None:
            backlog = await self._inbox.unread_alerts(person, now)
        elif not known:
            since = now - timedelta(seconds=_REMEMBERED * self._clock.rate)
            backlog = await self._inbox.unread_since(person, since)
        off_duty = await self._recipients.is_off_duty(person)
        owed = catch_up(map(frame, backlog), streamed, now_ms=self._now_ms(), off_duty=off_duty)
        return owed, streamed[-1][0] if streamed else newest

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    async def on_revoked(self, event: SessionRevoked, _: Origin) -> None:
        await self._live.end_session(event.session)


async def next_item(
    reader: Reader, until: float, real: Callable[[], float] = time.time
) -> Item | None:
    """The next item; None when there was none for a while; "end" when the token lapses first."""
    left = until - real()
    try:
        async with asyncio.timeout(max(0.0, min(_KEEPALIVE, left))):
            return await reader.items.get()
    except TimeoutError:
        return None if left > _KEEPALIVE else "end"


def _remember(told: dict[str, None], message: str) -> None:
    told[message] = None
    if len(told) > _MOST_TOLD:
        del told[next(iter(told))]
