"""A step that is due runs at its time, without a store being asked meanwhile."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.tasks.schedule import Schedule


class Steps:
    """Counts the runs of a step, and lets a test wait for the next."""

    def __init__(self, *due: datetime | None) -> None:
        self._due = list(due)
        self.runs = 0
        self.ran = asyncio.Event()

    async def step(self) -> datetime | None:
        self.runs += 1
        self.ran.set()
        return self._due.pop(0) if self._due else None

    async def next_run(self) -> None:
        async with asyncio.timeout(5):
            await self.ran.wait()
        self.ran.clear()


class Running:
    def __init__(self, schedule: Schedule, steps: Steps, poll: float = 60.0) -> None:
        self._run = schedule.run("steps", steps.step, poll)

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run)

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def test_what_is_noted_runs_when_it_is_due_and_not_before() -> None:
    clock = Clock()
    schedule, steps = Schedule(clock), Steps()
    async with Running(schedule, steps):
        await steps.next_run()
        due = clock.now() + timedelta(seconds=0.15)
        schedule.note(due)
        await steps.next_run()
        assert clock.now() >= due
        assert steps.runs == 2


async def test_an_earlier_time_overtakes_a_later_one_that_was_noted_first() -> None:
    clock = Clock()
    schedule, steps = Schedule(clock), Steps()
    async with Running(schedule, steps):
        await steps.next_run()
        schedule.note(clock.now() + timedelta(hours=1))
        schedule.note(clock.now())
        await steps.next_run()


async def test_the_time_that_a_step_returns_is_its_next_one() -> None:
    clock = Clock()
    soon = clock.now() + timedelta(seconds=0.1)
    schedule, steps = Schedule(clock), Steps(soon)
    async with Running(schedule, steps):
        await steps.next_run()
        await steps.next_run()
        assert clock.now() >= soon


async def test_what_is_noted_while_a_step_runs_is_not_forgotten() -> None:
    clock = Clock()
    schedule, steps = Schedule(clock), Steps()

    class Noting(Steps):
        async def step(self) -> datetime | None:
            if self.runs == 0:
                schedule.note(clock.now())
            return await super().step()

    steps = Noting()
    async with Running(schedule, steps):
        await steps.next_run()
        await steps.next_run()


async def test_without_anything_noted_the_step_runs_at_every_poll() -> None:
    steps = Steps()
    async with Running(Schedule(Clock()), steps, poll=0.05):
        await steps.next_run()
        await steps.next_run()
        await steps.next_run()


async def test_a_step_that_fails_is_tried_again() -> None:
    class Failing(Steps):
        async def step(self) -> datetime | None:
            await super().step()
            if self.runs == 1:
                raise ConnectionError("no store")
            return None

    steps = Failing()
    async with Running(Schedule(Clock()), steps):
        await steps.next_run()
        await steps.next_run()


async def test_a_fast_forwarded_clock_is_heeded() -> None:
    clock = Clock(f"2026-05-20T00:00:00+00:00@3600@{Clock().real()}")
    schedule, steps = Schedule(clock), Steps()
    async with Running(schedule, steps):
        await steps.next_run()
        schedule.note(clock.now() + timedelta(minutes=5))
        await steps.next_run()
