"""What all who act share: the clock they live by, the seed of their answers, and the board."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from chassis.clock import Clock
from simulation.api import Away, Refused
from simulation.board import Board, Track


class World:
    """`say` is told what a spectator would like to read."""

    def __init__(self, clock: Clock, seed: int, board: Board, say: Callable[[str], None]) -> None:
        self.clock, self.seed, self.board, self.say = clock, seed, board, say
        self.run = secrets.token_hex(4)
        """Tells this day from one that was played on the same platform before."""
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        return self.clock.now()

    async def pause(self, seconds: float) -> None:
        """For so many seconds of domain time."""
        await asyncio.sleep(max(0.0, self.clock.seconds(seconds)))

    async def until(self, moment: datetime) -> None:
        await self.pause((moment - self.now()).total_seconds())

    def start(
        self, what: str, doing: Coroutine[Any, Any, None], track: Track | None = None
    ) -> asyncio.Task[None]:
        """Let somebody do something. What the platform refuses is noted on the report and said;
        nobody else stops."""
        task = asyncio.create_task(self._watched(what, doing, track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _watched(
        self, what: str, doing: Coroutine[Any, Any, None], track: Track | None
    ) -> None:
        try:
            await doing
        except (Refused, Away) as error:
            self.note(f"{what}: {error}", track)

    def note(self, problem: str, track: Track | None = None) -> None:
        if track is not None:
            track.problem = problem
            problem = f"report {track.entry.n}: {problem}"
        self.say(f"! {problem}")

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
