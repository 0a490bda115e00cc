"""A loop of a service: goes on whatever happens to one turn of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import structlog

log = structlog.get_logger()


async def every(name: str, step: Callable[[], Awaitable[object]], every: float) -> None:
    task = cast("asyncio.Task[object]", asyncio.current_task())
    while True:
        try:
            await step()
        except asyncio.CancelledError:  # of something that it waited for, unless it was told to end
            if task.cancelling():
                raise
            log.warning("loop broken off, goes on", loop=name)
        except Exception as error:
            log.warning("loop failed, goes on", loop=name, exc_info=error)
        await asyncio.sleep(every)
