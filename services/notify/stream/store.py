"""The live streams in Valkey: one short stream a person, and one notification to all replicas for
all entries of a message.

Valkey may lose all of it: what is in an inbox is sent again from there.
"""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chassis.errors import is_transient
from chassis.tasks.batches import Batcher
from chassis.telemetry import tracing
from services.notify.stream.domain import START, Frame, SharedFrame

_ENTRIES = b"live"
_SESSIONS_ENDED = b"live-ended"
_MAX_ENTRIES = 100  # a person
_ENTRY_SECONDS = 3600
_MAX_BATCH = 20  # messages, each with up to MAX_RECIPIENTS
_PAUSE = 1.0  # seconds without a try after Valkey did not answer
_SILENCE = 15.0  # seconds without a notification after which Valkey is pinged
log = structlog.get_logger()

# Entries and notifications in one step, so that notifications come in the order of ids. For each
# message: what is shared, how many get it, and what is the own of each.
_PUSH = """
local key, arg = 1, 3
while key <= #KEYS do
  local shared, count = ARGV[arg], tonumber(ARGV[arg + 1])
  local lines = {shared}
  for n = 1, count do
    local own = ARGV[arg + 1 + n]
    local id = redis.call('XADD', KEYS[key], 'MAXLEN', '~', ARGV[1], '*', 's', shared, 'o', own)
    redis.call('EXPIRE', KEYS[key], ARGV[2])
    lines[#lines + 1] = string.sub(KEYS[key], 6)
    lines[#lines + 1] = id
    lines[#lines + 1] = own
    key = key + 1
  end
  redis.call('PUBLISH', 'live', table.concat(lines, '\\n'))
  arg = arg + 2 + count
end
"""


class Push(NamedTuple):
    """A message for the live streams: what is shared, and (person, own) of each recipient; both
    encoded."""

    shared: bytes
    recipients: Sequence[tuple[str, bytes]]


class NewEntries(NamedTuple):
    """The entries of one message: (person, id, own) of each."""

    shared: SharedFrame
    entries: Sequence[tuple[str, str, bytes]]


class SessionEnded(NamedTuple):
    session: str


class Subscribed(NamedTuple):
    """The subscription is new: entries may have been missed before it."""


Notification = NewEntries | SessionEnded | Subscribed


def parse_entries(raw: bytes) -> NewEntries:
    """Raises ValueError for what `_PUSH` did not publish."""
    kind, expires, segments, *rest = raw.split(b"\n")
    shared = SharedFrame.decode(b"\n".join((kind, expires, segments)))
    thirds = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return NewEntries(shared, [(who.decode(), id.decode(), own) for who, id, own in thirds])


class LiveStreams:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_PUSH)
        self._batches = Batcher[Push, bool](self._push, _MAX_BATCH)
        self._paused_until = 0.0

    async def push(self, push: Push) -> bool:
        """Whether it was sent, to all its recipients or none: Valkey may be unavailable."""
        if time.monotonic() < self._paused_until:
            return False
        with tracing.span("push live", count=len(push.recipients)):
            try:
                return await self._batches.submit(push)
            except Exception as error:
                if is_transient(error):
                    return False
                raise

    async def _push(self, batch: Sequence[Push]) -> Sequence[bool]:
        keys = [f"live:{person}" for push in batch for person, _ in push.recipients]
        args: list[bytes | int] = [_MAX_ENTRIES, _ENTRY_SECONDS]
        for shared, recipients in batch:
            args += (shared, len(recipients), *(own for _, own in recipients))
        try:
            await self._script(keys=keys, args=args)
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
            [(id.decode(), _frame(fields)) for id, fields in entries],
            newest[0][0].decode() if newest else START,
        )

    async def erase(self, person: str) -> None:
        """Raises the driver's error while Valkey is unavailable."""
        await self._redis.delete(f"live:{person}")

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


def _frame(fields: Mapping[bytes, bytes]) -> Frame:
    return SharedFrame.decode(fields[b"s"]).frame(fields[b"o"])


def _parse(message: dict[str, Any]) -> Notification | None:
    if message["type"] == "subscribe":
        return Subscribed()
    if message["type"] != "message":
        return None
    if message["channel"] == _SESSIONS_ENDED:
        return SessionEnded(message["data"].decode())
    try:
        return parse_entries(message["data"])
    except ValueError:
        log.warning("unreadable notification of a live stream")
        return None
