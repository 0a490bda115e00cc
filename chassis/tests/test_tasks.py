"""A loop of a service goes on whatever happens, until it is told to end: then it ends, whatever
happens."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from chassis import patches
from chassis.tasks import background, run_periodically

patches.install()


async def test_a_loop_goes_on_when_what_it_waits_for_is_cancelled_and_ends_when_it_is_itself() -> (
    None
):
    turns = asyncio.Semaphore(0)

    async def step() -> None:
        turns.release()
        gone = asyncio.get_running_loop().create_future()
        gone.cancel()
        await gone

    task = asyncio.create_task(run_periodically("a loop", step, 0.0))
    async with asyncio.timeout(5):
        for _ in range(3):
            await turns.acquire()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()


async def _answers_with_an_error_of_its_own() -> None:
    """As PyMongo does when it cannot close its cursor any more."""
    try:
        await asyncio.Event().wait()
    finally:
        raise RuntimeError("the client is closed")


async def _takes_no_notice() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


@pytest.mark.parametrize("step", [_answers_with_an_error_of_its_own, _takes_no_notice])
async def test_a_loop_ends_when_it_is_told_to_whatever_its_step_answers(
    step: Callable[[], Awaitable[None]],
) -> None:
    before = asyncio.all_tasks()
    async with background(run_periodically("a loop", step, 0.0)):
        await asyncio.sleep(0)  # a turn of the event loop, in which it begins
    assert asyncio.all_tasks() == before


async def test_a_cancellation_that_comes_just_as_a_wait_ends_is_not_lost() -> None:
    ended, gone_on = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def wait() -> None:
        await asyncio.wait_for(ended, 60)
        gone_on.set()

    async with background(wait()):
        await asyncio.sleep(0)  # a turn of the event loop, in which it begins
        ended.set_result(None)
    assert not gone_on.is_set()
