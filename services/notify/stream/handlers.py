"""A person's open stream: first what was missed, then what comes, each message once."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence

import structlog

from chassis.clock import Clock
from chassis.errors import is_transient
from chassis.identity.guards import Principal
from chassis.kafka import subscriptions
from contracts.events.registration import SessionRevoked
from services.notify.inbox.delivery_marks import DeliveryMarks
from services.notify.inbox.domain import Message, PersonalMessage, Recipient
from services.notify.inbox.store import Inbox
from services.notify.inbox.views import RenderedMessage
from services.notify.policy import POLICIES
from services.notify.replicas.store import Duty
from services.notify.stream.domain import (
    KEEPALIVE,
    RETRY,
    Frame,
    SharedFrame,
    catch_up,
    encode_own,
    sse_position,
)
from services.notify.stream.hub import Hub, Item, Reader
from services.notify.stream.store import LiveStreams, Push

_KEEPALIVE = 15.0  # seconds
_MAX_WRITTEN = 200
log = structlog.get_logger()


class StreamHandlers:
    def __init__(
        self,
        hub: Hub,
        live: LiveStreams,
        inbox: Inbox,
        marks: DeliveryMarks,
        duty: Duty,
        clock: Clock,
    ) -> None:
        self._hub, self._live, self._inbox = hub, live, inbox
        self._marks, self._duty, self._clock = marks, duty, clock

    async def send(self, message: Message, recipients: Sequence[Recipient]) -> bool:
        """To all open streams of these recipients, on whatever replica. Whether it was sent."""
        shared, rendered = shared_frame(message)
        own = [(one.account, encode_own(rendered.own(one))) for one in recipients]
        return await self._live.push(Push(shared.encode(), own))

    async def open(self, who: Principal, position: str | None) -> AsyncGenerator[bytes]:
        """Server-sent events until the token expires, the reader has gone or is too slow, or the
        process shuts down.

        The hub knows the reader before what was missed is read, so nothing falls in between.
        """
        max_streams = POLICIES.at(self._clock.now()).streams_per_person
        with self._hub.open(who.subject, who.session, max_streams) as reader:
            yield RETRY
            reader.put("catch_up")
            try:
                async for chunk in self._chunks(who, reader, position):
                    yield chunk
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("stream ended, a store is unavailable", error=type(error).__name__)

    async def on_session_revoked(self, event: SessionRevoked, _: subscriptions.Message) -> None:
        await self._live.end_session(event.session)

    async def _chunks(
        self, who: Principal, reader: Reader, position: str | None
    ) -> AsyncGenerator[bytes]:
        written: dict[str, None] = {}
        while (item := await next_item(reader, who.until, self._clock.real)) != "end":
            if item is None:
                yield KEEPALIVE
                continue
            frames: Sequence[tuple[str | None, Frame]]
            if item == "catch_up":
                frames, position = await self._missed(who.subject, position)
            else:
                frames = [] if item[1].is_expired(self._now_ms()) else [item]
            for id, frame in frames:
                if frame.message not in written:
                    yield frame.sse(id)
                    _remember(written, frame.message)
                    self._marks.streamed(frame.message)
                position = id or position
            if item == "catch_up" and position is not None:
                yield sse_position(position)

    async def _missed(
        self, person: str, position: str | None
    ) -> tuple[Sequence[tuple[str | None, Frame]], str]:
        """What the person has missed, and the position after it."""
        known, entries, newest = await self._live.since(person, position)
        now, backlog = self._clock.now(), list[PersonalMessage]()
        policy = POLICIES.at(now)
        if position is None:
            backlog = await self._inbox.unread_alerts(person, now)
        elif not known:
            since = now - self._clock.span(policy.catch_up_s)
            backlog = await self._inbox.unread_since(person, since)
        off_duty = await self._duty.is_off_duty(person)
        frames = map(frame_of, backlog)
        missed = catch_up(frames, entries, policy, now_ms=self._now_ms(), off_duty=off_duty)
        return missed, entries[-1][0] if entries else newest

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def shared_frame(message: Message) -> tuple[SharedFrame, RenderedMessage]:
    expires = int(message.expires_at.timestamp() * 1000) if message.expires_at else 0
    rendered = RenderedMessage(message)
    return SharedFrame(message.kind, expires, tuple(rendered.segments)), rendered


def frame_of(one: PersonalMessage) -> Frame:
    shared, rendered = shared_frame(one.message)
    return shared.frame(encode_own(rendered.own(one.recipient)))


async def next_item(
    reader: Reader, until: float, real: Callable[[], float] = time.time
) -> Item | None:
    """The next item; None when there was none for a while; "end" when the token expires first.
    `until` and `real` in Unix seconds."""
    left = until - real()
    try:
        async with asyncio.timeout(max(0.0, min(_KEEPALIVE, left))):
            return await reader.items.get()
    except TimeoutError:
        return None if left > _KEEPALIVE else "end"


def _remember(written: dict[str, None], message: str) -> None:
    written[message] = None
    if len(written) > _MAX_WRITTEN:
        del written[next(iter(written))]
