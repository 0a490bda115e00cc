"""Steps for all that is due, however much of it fails."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import aclosing
from typing import Generic, TypeVar

import structlog

from chassis.errors import is_transient
from chassis.tasks.loops import raise_if_cancelled
from chassis.telemetry.metrics import DUE_FAILING

T = TypeVar("T", bound=Hashable)
log = structlog.get_logger()
_FIRST_PAUSE, _MAX_PAUSE = 0.5, 300.0  # seconds until what failed is tried again
RETRY_S = 1.0
"""Wall-clock seconds after which a loop looks again where a sweep left something."""
_MAX_AWAY = 5
"""Transient failures in a row after which the store counts as unavailable."""


class Sweep(Generic[T]):
    """One thing that fails is logged, counted in `due_steps_failing`, and tried again later and
    later; whatever lies behind it is reached all the same. For loops that would else take the first
    N of what is due, and could meet the same N for ever."""

    def __init__(self, name: str, concurrency: int = 1) -> None:
        self._name, self._concurrency = name, concurrency
        self._failed: dict[T, tuple[float, float]] = {}  # (not before, pause)
        self._away = 0

    async def over(
        self, due: AsyncGenerator[T, None], step: Callable[[T], Awaitable[bool | None]]
    ) -> bool:
        """Take the step for each that is due. Whether all were done: a step that gives False is
        tried again like one that fails.

        Raises the error of a store that is unavailable: then nothing more is tried.
        """
        tasks, failed = set[asyncio.Task[None]](), set[T]()
        self._away = 0
        try:
            async with aclosing(due):
                async for item in due:
                    if self._failed.get(item, (0.0, 0.0))[0] > time.monotonic():
                        failed.add(item)
                        continue
                    if len(tasks) >= self._concurrency:
                        _, tasks = await _first_done(tasks)
                    tasks.add(asyncio.create_task(self._take(item, step, failed)))
            while tasks:
                _, tasks = await _first_done(tasks)
        finally:
            for task in tasks:
                task.cancel()
        self._failed = {item: self._failed[item] for item in failed}
        DUE_FAILING.labels(self._name).set(len(failed))
        return not failed

    async def _take(
        self, item: T, step: Callable[[T], Awaitable[bool | None]], failed: set[T]
    ) -> None:
        try:
            if await step(item) is not False:
                self._away = 0
                return
        except Exception as error:
            raise_if_cancelled()
            self._away = self._away + 1 if is_transient(error) else 0
            if self._away >= _MAX_AWAY:
                raise
            log.warning("due step failed", step=self._name, item=str(item), exc_info=error)
        failed.add(item)
        pause = min(max(_FIRST_PAUSE, self._failed.get(item, (0.0, 0.0))[1] * 2), _MAX_PAUSE)
        self._failed[item] = time.monotonic() + pause, pause


async def _first_done(
    tasks: set["asyncio.Task[None]"],
) -> tuple[set["asyncio.Task[None]"], set["asyncio.Task[None]"]]:
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return done, left
