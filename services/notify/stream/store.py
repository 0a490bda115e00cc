"""The live streams in Redis: one short stream a person, and a call to all replicas for each entry.

Redis may lose all of it: what is in an inbox goes out again from there.
"""

import asyncio
import time
from collections.abc import Sequence

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.telemetry import tracing
from services.notify.stream.domain import START, Frame

CHANNEL = b"live"
ENDED = b"live-ended"
_KEPT = 100  # entries a person
_KEPT_SECONDS = 3600
_MOST = 200
_PAUSE = 1.0  # seconds without a try after Redis did not answer
log = structlog.get_logger()

# Entry and call in one step, so that the order of calls is the order of ids.
_PUSH = """
for i = 1, #KEYS do
  local frame = ARGV[i + 2]
  local id = redis.call('XADD', KEYS[i], 'MAXLEN', '~', ARGV[1], '*', 'f', frame)
  redis.call('EXPIRE', KEYS[i], ARGV[2])
  redis.call('PUBLISH', 'live', string.sub(KEYS[i], 6) .. '\\n' .. id .. '\\n' .. frame)
end
"""
Letter = tuple[str, Frame]
"""(person, frame)"""


def connect(url: str) -> Redis:
    """A client whose every call has a time limit, and which leaves trying again to its callers."""
    return Redis.from_url(
        url,
        socket_timeout=2,
        socket_connect_timeout=2,
        max_connections=64,
        retry=Retry(NoBackoff(), 0),
    )


def called(raw: bytes) -> tuple[str, str, Frame]:
    """(person, id, frame) of a call on CHANNEL. Raises ValueError for what is none."""
    person, id, frame = raw.split(b"\n", 2)
    return person.decode(), id.decode(), Frame.decode(frame)


class Live:
    """What comes while a call to Redis is under way goes out with the next one."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._push = redis.register_script(_PUSH)
        self._waiting: list[tuple[Letter, asyncio.Future[bool]]] = []
        self._flight: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def push(self, letters: Sequence[Letter]) -> list[bool]:
        """Whether each went out. Never raises: Redis may be away."""
        if time.monotonic() < self._away_until:
            return [False] * len(letters)
        loop = asyncio.get_running_loop()
        outcomes = [loop.create_future() for _ in letters]
        self._waiting += zip(letters, outcomes, strict=True)
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
        with tracing.span("push live", count=len(letters)):
            return list(await asyncio.gather(*outcomes))

    async def _fly(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            sent = False
            try:
                keys = [f"live:{person}" for (person, _), _ in batch]
                frames = [frame.encode() for (_, frame), _ in batch]
                await self._push(keys=keys, args=[_KEPT, _KEPT_SECONDS, *frames])
                sent = True
            except (RedisError, OSError) as error:
                self._away_until = time.monotonic() + _PAUSE
                log.warning(
                    "live streams away, messages wait", error=type(error).__name__, count=len(batch)
                )
            finally:
                for _, outcome in batch:
                    if not outcome.done():
                        outcome.set_result(sent)

    async def since(
        self, person: str, last: str | None
    ) -> tuple[bool, list[tuple[str, Frame]], str]:
        """(whether `last` is an entry that is still there, the entries after it, the id of the
        newest entry).

        With `last` None no entries are read. Where Redis is away it cannot tell: (False, nothing,
        `last`).
        """
        try:
            return await self._since(person, last)
        except (RedisError, OSError) as error:
            log.warning("live stream not read", error=type(error).__name__)
            return False, [], last or START

    async def _since(
        self, person: str, last: str | None
    ) -> tuple[bool, list[tuple[str, Frame]], str]:
        key = f"live:{person}"
        pipe = self._redis.pipeline(transaction=False)
        pipe.xrevrange(key, count=1)
        if last is not None:
            pipe.xrange(key, last, last)
            pipe.xrange(key, f"({last}")
        newest, *rest = await pipe.execute()
        tail = newest[0][0].decode() if newest else START
        known, entries = rest or ([], [])
        return (
            bool(known),
            [(id.decode(), Frame.decode(fields[b"f"])) for id, fields in entries],
            tail,
        )

    async def end_session(self, session: str) -> None:
        """Tell all replicas to end the session's streams. Where Redis is away they end with their
        token."""
        try:
            await self._redis.publish(ENDED, session)
        except (RedisError, OSError) as error:
            log.warning("session's streams not ended", error=type(error).__name__)
