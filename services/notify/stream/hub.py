"""The open streams of this process. A file of its own because they are the process's own state,
neither stored nor handled."""

import asyncio
from collections import defaultdict
from collections.abc import Generator
from contextlib import aclosing, contextmanager, suppress
from typing import Literal

from prometheus_client import Counter, Gauge

from chassis.tasks.loops import run_periodically
from services.notify.stream.domain import Frame
from services.notify.stream.store import LiveStreams, NewEntries, SessionEnded

OPEN = Gauge("open_streams", "Live streams that are open")
SLOW = Counter("streams_ended_slow_total", "Live streams ended because their reader was too slow")
_MAX_WAITING = 100
_RECONNECT = 0.3  # seconds
Item = tuple[str, Frame] | Literal["catch_up", "end"]
"""(id, frame); "catch_up": read what was missed; "end": no more will come."""


class Reader:
    """One open stream."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.items: asyncio.Queue[Item] = asyncio.Queue(_MAX_WAITING)

    def put(self, item: Item) -> None:
        try:
            self.items.put_nowait(item)
        except asyncio.QueueFull:  # its client comes back and resumes where it was
            SLOW.inc()
            self.end()

    def end(self) -> None:
        with suppress(asyncio.QueueEmpty):
            while True:
                self.items.get_nowait()
        self.items.put_nowait("end")


class Hub:
    """Passes new entries on to the open streams of their people."""

    def __init__(self, live: LiveStreams) -> None:
        self._live = live
        self._readers: defaultdict[str, list[Reader]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def open(self, person: str, session: str, max_streams: int) -> Generator[Reader]:
        """The reader gets all entries from here on. The person's oldest stream ends when there are
        more than `max_streams`."""
        reader, own = Reader(session), self._readers[person]
        own.append(reader)
        OPEN.inc()
        if len(own) > max_streams:
            own[0].end()
        try:
            yield reader
        finally:
            OPEN.dec()
            own.remove(reader)
            if not own and self._readers.get(person) is own:
                del self._readers[person]

    def readers(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]

    def publish(self, new: NewEntries) -> None:
        """What one of the readers gets is put together for them alone."""
        for person, id, own in new.entries:
            if readers := self._readers.get(person):
                frame = new.shared.frame(own)
                for reader in tuple(readers):
                    reader.put((id, frame))

    def catch_up(self) -> None:
        """Entries may have been missed: let each stream read on from where it is."""
        for reader in self.readers():
            reader.put("catch_up")

    def end_session(self, session: str) -> None:
        for reader in self.readers():
            if reader.session == session:
                reader.end()

    def end_all(self) -> None:
        for reader in self.readers():
            reader.end()

    async def start(self) -> None:
        listening = run_periodically("live notifications", self._listen, _RECONNECT)
        self._task = asyncio.create_task(listening)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._live.close()

    async def _listen(self) -> None:
        async with aclosing(self._live.listen()) as notifications:
            async for notification in notifications:
                if isinstance(notification, NewEntries):
                    self.publish(notification)
                elif isinstance(notification, SessionEnded):
                    self.end_session(notification.session)
                else:
                    self.catch_up()
