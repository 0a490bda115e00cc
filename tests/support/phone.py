"""A signed-in person's phone: its stream is open, and tests wait for messages."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.client import Json, Person, StreamEvent

PATIENCE_S = 25.0
"""How long tests wait for a message."""


class Phone:
    """`received` has the messages of the person's stream, in order."""

    def __init__(self, person: Person) -> None:
        self.person, self.id = person, person.id
        self.received: list[StreamEvent] = []
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the stream; earlier messages are not delivered."""
        opened = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._listen(opened)))
        async with asyncio.timeout(PATIENCE_S):
            await opened.wait()

    async def _listen(self, opened: asyncio.Event) -> None:
        async for event in self.person.stream(opened):
            async with self._changed:
                self.received.append(event)
                self._changed.notify_all()

    async def receives(
        self, kind: str, about: str | None = None, within: float = PATIENCE_S, **data: Any
    ) -> Json:
        """The first message of this kind about this report or call-out whose `data` has these
        values."""

        def found() -> Json | None:
            return next(iter(self.all_received(kind, about, **data)), None)

        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: found() is not None)
        except TimeoutError:
            kinds = [(event.kind, event.message.get("report")) for event in self.received]
            raise AssertionError(
                f"no {kind} {data or ''} about {about} within {within} s; received {kinds}"
            ) from None
        message = found()
        assert message is not None
        return message

    def all_received(self, kind: str, about: str | None = None, **data: Any) -> list[Json]:
        return [
            e.message
            for e in self.received
            if e.kind == kind and concerns(e, about) and data.items() <= e.message["data"].items()
        ]

    def keep(self, task: asyncio.Task[None]) -> None:
        """A task that runs until the phone is closed."""
        self._tasks.append(task)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def concerns(event: StreamEvent, about: str | None) -> bool:
    return about is None or about in (event.message.get("report"), event.message.get("callout"))


@asynccontextmanager
async def opened(person: Person) -> AsyncGenerator[Phone]:
    phone = Phone(person)
    try:
        await phone.open()
        yield phone
    finally:
        await phone.close()
