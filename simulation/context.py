"""What all actors share: the clock, the seed of their answers, the tracker, and their tasks."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from chassis.clock import Clock
from simulation.api import Person, Refused, Unavailable
from simulation.tracker import Track, Tracker


class Context:
    """`say` receives lines for the person who watches the run."""

    def __init__(
        self, clock: Clock, seed: int, tracker: Tracker, say: Callable[[str], None]
    ) -> None:
        self.clock, self.seed, self.tracker, self.say = clock, seed, tracker, say
        self.run = secrets.token_hex(4)
        """Distinguishes this run from earlier ones on the same platform."""
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        return self.clock.now()

    async def pause(self, seconds: float) -> None:
        """Sleeps for `seconds` of domain time."""
        await asyncio.sleep(max(0.0, self.clock.seconds(seconds)))

    async def until(self, moment: datetime) -> None:
        await self.pause((moment - self.now()).total_seconds())

    async def refresh(self, track: Track, person: Person) -> None:
        """Reads the report again, with this person's rights."""
        self.tracker.update(await person.get(f"reports/{track.id}"), self.now())

    def start(
        self, name: str, action: Coroutine[Any, Any, None], track: Track | None = None
    ) -> asyncio.Task[None]:
        """Runs an action in the background. An error of the platform is noted on the report and
        shown; the other actions go on."""
        task = asyncio.create_task(self._guarded(name, action, track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(
        self, name: str, action: Coroutine[Any, Any, None], track: Track | None
    ) -> None:
        try:
            await action
        except (Refused, Unavailable) as error:
            self.note(f"{name}: {error}", track)

    def note(self, problem: str, track: Track | None = None) -> None:
        if track is not None:
            track.problem = problem
            problem = f"report {track.entry.n}: {problem}"
        self.say(f"! {problem}")

    async def stop(self) -> None:
        """Cancels every running action."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
