"""Background tasks, which survive their errors and end when cancelled."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from chassis.errors import is_transient

log = structlog.get_logger()


async def run_periodically(
    name: str,
    step: Callable[[], Awaitable[object]],
    interval: float,
    pause: float | None = None,
) -> None:
    """Call `step` until cancelled, with `interval` seconds in between. An error is logged, and the
    next turn comes all the same: after `pause` seconds, if given."""
    while True:
        wait = interval
        try:
            await step()
        except (Exception, asyncio.CancelledError) as error:  # the step's own wait may be cancelled
            raise_if_cancelled()
            log.warning("background step failed", step=name, exc_info=error)
            wait = interval if pause is None else pause
        raise_if_cancelled()
        await asyncio.sleep(wait)


def raise_if_cancelled() -> None:
    """For a loop that continues after errors: a driver may turn a cancellation into an error of its
    own (PyMongo does, when it cannot close a cursor), and the loop would never end.

    Raises:
        asyncio.CancelledError: this task was cancelled.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def background(run: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Runs as long as the block; then it is cancelled and has 2 s to end."""
    task = asyncio.create_task(run)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=2.0)


async def until_available(
    step: Callable[[], Awaitable[object]], what: str, limit: float = 120.0, attempt: float = 30.0
) -> None:
    """Servers start in any order: retry `step` until they answer, for `limit` seconds at most, each
    time for `attempt` seconds.

    Raises the step's error if it is not transient, or after `limit`.
    """
    until = time.monotonic() + limit
    while True:
        try:
            async with asyncio.timeout(attempt):
                await step()
            return
        except Exception as error:
            if not is_transient(error) or time.monotonic() > until:
                raise
            log.warning("waiting", what=what, error=type(error).__name__)
            await asyncio.sleep(0.5)
