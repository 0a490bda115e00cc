"""A background loop survives every error of its step, and ends when it is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from chassis import patches
from chassis.tasks.loops import background, run_periodically

patches.install()


async def test_a_loop_survives_a_cancelled_wait_and_ends_when_cancelled_itself() -> None:
    turns = asyncio.Semaphore(0)

    async def step() -> None:
        turns.release()
        cancelled = asyncio.get_running_loop().create_future()
        cancelled.cancel()
        await cancelled

    task = asyncio.create_task(run_periodically("a loop", step, 0.0))
    async with asyncio.timeout(5):
        for _ in range(3):
            await turns.acquire()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()


async def _raises_on_cancellation() -> None:
    """As PyMongo does when it cannot close its cursor."""
    try:
        await asyncio.Event().wait()
    finally:
        raise RuntimeError("the client is closed")


async def _swallows_cancellation() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


@pytest.mark.parametrize("step", [_raises_on_cancellation, _swallows_cancellation])
async def test_a_cancelled_loop_ends_whatever_its_step_does(
    step: Callable[[], Awaitable[None]],
) -> None:
    before = asyncio.all_tasks()
    async with background(run_periodically("a loop", step, 0.0)):
        await asyncio.sleep(0)  # one turn of the event loop, in which it starts
    assert asyncio.all_tasks() == before
