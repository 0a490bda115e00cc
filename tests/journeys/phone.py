"""People with phones: signed in, their stream open, and ready to be waited upon."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from simulation.api import Json, Person, Refused, StreamEvent

PATIENCE_S = 25.0
"""How long a journey waits for what has to happen."""


async def eventually(
    look: Callable[[], Awaitable[Any]],
    right: Callable[[Any], bool],
    what: str,
    within: float = PATIENCE_S,
) -> Any:
    """What `look` gives once it is right. Fails with what it gave last."""
    until, seen = time.monotonic() + within, None
    while time.monotonic() < until:
        try:
            seen = await look()
        except Refused as refused:
            seen = refused
        else:
            if right(seen):
                return seen
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {within} s; at last: {seen}")


class Phone:
    """A signed-in person's phone. `heard` are the messages of their stream, in order."""

    def __init__(self, person: Person) -> None:
        self.person, self.id = person, person.id
        self.heard: list[StreamEvent] = []
        self._rang = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the stream; messages of before are left aside."""
        opened = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._listen(opened)))
        async with asyncio.timeout(PATIENCE_S):
            await opened.wait()

    async def _listen(self, opened: asyncio.Event) -> None:
        async for event in self.person.stream(opened):
            async with self._rang:
                self.heard.append(event)
                self._rang.notify_all()

    async def hears(self, kind: str, about: str | None = None, within: float = PATIENCE_S) -> Json:
        """The first message of this kind about this report or call-out."""

        def found() -> StreamEvent | None:
            return next((e for e in self.heard if e.kind == kind and concerns(e, about)), None)

        try:
            async with asyncio.timeout(within), self._rang:
                await self._rang.wait_for(lambda: found() is not None)
        except TimeoutError:
            kinds = [(event.kind, event.message.get("report")) for event in self.heard]
            raise AssertionError(
                f"no {kind} about {about} within {within} s; heard {kinds}"
            ) from None
        event = found()
        assert event is not None
        return event.message

    def heard_of(self, kind: str, about: str) -> list[Json]:
        return [
            event.message for event in self.heard if event.kind == kind and concerns(event, about)
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Something that goes on as long as the phone is on."""
        self._tasks.append(task)


def concerns(event: StreamEvent, about: str | None) -> bool:
    return about is None or about in (event.message.get("report"), event.message.get("callout"))
