"""Steps that are due at a time: a loop that sleeps until then instead of asking a store again and
again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from chassis.clock import Clock
from chassis.tasks.loops import run_periodically

_PAUSE = 0.5  # seconds after an error, before the next try


class Schedule:
    """When the next step is due, as far as this process knows. Not for other threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: datetime | None = None
        self._moved = asyncio.Event()

    def note(self, due: datetime | None) -> None:
        """Something is due at that domain time; None: never."""
        if due is not None and (self._due is None or due < self._due):
            self._due = due
            self._moved.set()

    async def run(
        self, name: str, step: Callable[[], Awaitable[datetime | None]], poll: float
    ) -> None:
        """Call `step` until cancelled: when something noted is due, and every `poll` wall-clock
        seconds for what other processes noted. It does what is due and returns when the next is.
        """

        async def turn() -> None:
            self._due = None
            try:
                self.note(await step())
            except BaseException:
                self._due = None
                raise
            await self._sleep(poll)

        await run_periodically(name, turn, 0.0, pause=_PAUSE)

    async def _sleep(self, poll: float) -> None:
        """Until what is noted is due, however often an earlier time is noted meanwhile."""
        loop = asyncio.get_running_loop()
        end = loop.time() + poll
        while (left := min(self._until_due(), end - loop.time())) > 0:
            self._moved.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()

    def _until_due(self) -> float:
        """Wall-clock seconds."""
        if self._due is None:
            return float("inf")
        return self._clock.seconds((self._due - self._clock.now()).total_seconds())
