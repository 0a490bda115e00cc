"""Loops of a service: each goes on whatever happens to one turn of it, and ends when it is told
to."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger()


async def every(name: str, step: Callable[[], Awaitable[object]], every: float) -> None:
    """Call `step` with `every` seconds in between, until cancelled; what fails is logged and tried
    again."""
    while True:
        try:
            await step()
        except (
            Exception,
            asyncio.CancelledError,
        ) as error:  # what it waited for may be cancelled, not this
            end_if_told()
            log.warning("loop failed, goes on", loop=name, exc_info=error)
        end_if_told()
        await asyncio.sleep(every)


def end_if_told() -> None:
    """For a loop that goes on after errors. A driver that is cancelled may answer with an error of
    its own (PyMongo, when it cannot close its cursor any more): the loop would then go on for ever.

    Raises:
        asyncio.CancelledError: somebody asked this task to end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def beside(run: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Runs beside what is inside; then it is told to end and has 2 s for it."""
    task = asyncio.create_task(run)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=2.0)
