"""The live streams in Valkey: one short stream a person, and a notification to all replicas for
each entry.

Valkey may lose all of it: what is in an inbox is sent again from there.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.tasks.batches import Batcher
from chassis.telemetry import tracing
from services.notify.stream.domain import START, Frame

_ENTRIES = b"live"
_SESSIONS_ENDED = b"live-ended"
_MAX_ENTRIES = 100  # a person
_ENTRY_SECONDS = 3600
_MAX_BATCH = 200
_PAUSE = 1.0  # seconds without a try after Valkey did not answer
_SILENCE = 5.0  # seconds without a notification after which Valkey is pinged
log = structlog.get_logger()

# Entry and notification in one step, so that notifications come in the order of ids.
_PUSH = """
for i = 1, #KEYS do
  local frame = ARGV[i + 2]
  local id = redis.call('XADD', KEYS[i], 'MAXLEN', '~', ARGV[1], '*', 'f', frame)
  redis.call('EXPIRE', KEYS[i], ARGV[2])
  redis.call('PUBLISH', 'live', string.sub(KEYS[i], 6) .. '\\n' .. id .. '\\n' .. frame)
end
"""
Addressed = tuple[str, Frame]
"""(person, frame)"""


class NewEntry(NamedTuple):
    person: str
    id: str
    frame: Frame


class SessionEnded(NamedTuple):
    session: str


class Subscribed(NamedTuple):
    """The subscription is new: entries may have been missed before it."""


Notification = NewEntry | SessionEnded | Subscribed


def connect(url: str) -> Redis:
    """A client whose every call has a time limit, and which leaves retries to its callers."""
    return Redis.from_url(
        url,
        socket_timeout=2,
        socket_connect_timeout=2,
        max_connections=64,
        retry=Retry(NoBackoff(), 0),
    )


def parse_entry(raw: bytes) -> NewEntry:
    """Raises ValueError for what `_PUSH` did not publish."""
    person, id, frame = raw.split(b"\n", 2)
    return NewEntry(person.decode(), id.decode(), Frame.decode(frame))


class LiveStreams:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_PUSH)
        self._batches = Batcher[Addressed, bool](self._push, _MAX_BATCH)
        self._paused_until = 0.0

    async def push(self, frames: Sequence[Addressed]) -> list[bool]:
        """Whether each was sent. Never raises: Valkey may be unavailable."""
        if time.monotonic() < self._paused_until:
            return [False] * len(frames)
        with tracing.span("push live", count=len(frames)):
            sending = (self._batches.submit(frame) for frame in frames)
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
        return [outcome is True for outcome in outcomes]

    async def _push(self, batch: Sequence[Addressed]) -> Sequence[bool]:
        keys = [f"live:{person}" for person, _ in batch]
        frames = [frame.encode() for _, frame in batch]
        try:
            await self._script(keys=keys, args=[_MAX_ENTRIES, _ENTRY_SECONDS, *frames])
        except (RedisError, OSError) as error:
            self._paused_until = time.monotonic() + _PAUSE
            name, count = type(error).__name__, len(batch)
            log.warning("live streams unavailable, messages stay due", error=name, count=count)
            return [False] * len(batch)
        return [True] * len(batch)

    async def since(
        self, person: str, position: str | None
    ) -> tuple[bool, list[tuple[str, Frame]], str]:
        """(whether the entry at `position` is still there, the entries after it, the newest
        entry's id).

        Without a `position` no entries are read. Where Valkey is unavailable: (False, nothing,
        `position`).
        """
        try:
            return await self._since(person, position)
        except (RedisError, OSError) as error:
            log.warning("live stream not read", error=type(error).__name__)
            return False, [], position or START

    async def _since(
        self, person: str, position: str | None
    ) -> tuple[bool, list[tuple[str, Frame]], str]:
        key = f"live:{person}"
        pipe = self._redis.pipeline(transaction=False)
        pipe.xrevrange(key, count=1)
        if position is not None:
            pipe.xrange(key, position, position)
            pipe.xrange(key, f"({position}")
        newest, *rest = await pipe.execute()
        known, entries = rest or ([], [])
        return (
            bool(known),
            [(id.decode(), Frame.decode(fields[b"f"])) for id, fields in entries],
            newest[0][0].decode() if newest else START,
        )

    async def end_session(self, session: str) -> None:
        """Tell all replicas. Where Valkey is unavailable a session's streams end with its token."""
        try:
            await self._redis.publish(_SESSIONS_ENDED, session)
        except (RedisError, OSError) as error:
            log.warning("session's streams not ended", error=type(error).__name__)

    async def listen(self) -> AsyncGenerator[Notification]:
        """What the replicas push, until the connection is lost.

        Raises the driver's error, or TimeoutError when Valkey does not answer a ping.
        """
        async with self._redis.pubsub() as channel:
            await channel.subscribe(_ENTRIES, _SESSIONS_ENDED)
            pinged = False
            while True:
                message = await channel.get_message(timeout=_SILENCE)
                if message is None:
                    if pinged:
                        raise TimeoutError("Valkey does not answer")
                    await channel.ping()
                elif (notification := _parse(message)) is not None:
                    yield notification
                pinged = message is None

    async def close(self) -> None:
        await self._redis.aclose()


def _parse(message: dict[str, Any]) -> Notification | None:
    if message["type"] == "subscribe":
        return Subscribed()
    if message["type"] != "message":
        return None
    if message["channel"] == _SESSIONS_ENDED:
        return SessionEnded(message["data"].decode())
    try:
        return parse_entry(message["data"])
    except ValueError:
        log.warning("unreadable notification of a live stream")
        return None
