"""The open streams of this process, and the one connection over which Redis calls them."""

import asyncio
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis

from chassis.tasks import run_periodically
from services.notify.stream.domain import Frame
from services.notify.stream.store import CHANNEL, ENDED, called

OPEN = Gauge("open_streams", "Live streams that are open")
SLOW = Counter("streams_ended_slow_total", "Live streams ended because their reader was too slow")
Item = tuple[str, Frame] | Literal["again", "end"]
_MOST_WAITING = 100
_MOST_EACH = 5
_SILENCE = 5.0  # seconds after which Redis is asked for a sign
log = structlog.get_logger()


class Reader:
    """One open stream. Items: (id, frame); "again": read what was missed once more; "end": no more
    will come."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.items: asyncio.Queue[Item] = asyncio.Queue(_MOST_WAITING)

    def give(self, item: Item) -> None:
        try:
            self.items.put_nowait(item)
        except asyncio.QueueFull:  # it comes back and resumes where it was
            SLOW.inc()
            self.end()

    def end(self) -> None:
        with suppress(asyncio.QueueEmpty):
            while True:
                self.items.get_nowait()
        self.items.put_nowait("end")


class Hub:
    """Gives what Redis calls out to the streams of that person."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._readers: defaultdict[str, list[Reader]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def open(self, person: str, session: str) -> Generator[Reader]:
        """The reader gets what is called from here on. A person's oldest stream ends when they have
        too many."""
        reader, mine = Reader(session), self._readers[person]
        mine.append(reader)
        OPEN.inc()
        if len(mine) > _MOST_EACH:
            mine[0].end()
        try:
            yield reader
        finally:
            OPEN.dec()
            mine.remove(reader)
            if not mine and self._readers.get(person) is mine:
                del self._readers[person]

    def everyone(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]

    def call(self, person: str, id: str, frame: Frame) -> None:
        for reader in tuple(self._readers.get(person, ())):
            reader.give((id, frame))

    def again(self) -> None:
        """Calls may have been missed: run_periodically stream catches up from where it is."""
        for reader in self.everyone():
            reader.give("again")

    def end_session(self, session: str) -> None:
        for reader in self.everyone():
            if reader.session == session:
                reader.end()

    def end_all(self) -> None:
        for reader in self.everyone():
            reader.end()

    async def start(self) -> None:
        self._task = asyncio.create_task(run_periodically("live channel", self._listen, 0.3))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._redis.aclose()

    async def _listen(self) -> None:
        """Until the connection is lost; each new one lets the streams catch up."""
        async with self._redis.pubsub() as calls:
            await calls.subscribe(CHANNEL, ENDED)
            await self._hear(calls)

    async def _hear(self, calls: Any) -> None:
        asked = False
        while True:
            message = await calls.get_message(timeout=_SILENCE)
            if message is None:
                if asked:
                    raise TimeoutError("no sign of Redis")
                asked = True
                await calls.ping()
                continue
            asked = False
            if message["type"] == "subscribe":
                self.again()
            elif message["type"] == "message":
                self._pass_on(message["channel"], message["data"])

    def _pass_on(self, channel: bytes, data: bytes) -> None:
        if channel == ENDED:
            self.end_session(data.decode())
            return
        try:
            self.call(*called(data))
        except ValueError:
            log.warning("unreadable call on the live channel")
