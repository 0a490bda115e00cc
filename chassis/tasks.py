"""Background tasks, which survive their errors and end when cancelled; and batches of calls."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import structlog

from chassis.errors import Overloaded, Unavailable, is_transient
from chassis.telemetry.metrics import STORE_BATCH

log = structlog.get_logger()
T = TypeVar("T")
R = TypeVar("R")
MAX_BATCH = 256
MAX_WAITING = 4096


async def run_periodically(
    name: str, step: Callable[[], Awaitable[object]], interval: float
) -> None:
    """Call `step` until cancelled, with `interval` seconds in between. An error is logged, and the
    next turn comes all the same."""
    while True:
        try:
            await step()
        except (Exception, asyncio.CancelledError) as error:  # the step's own wait may be cancelled
            raise_if_cancelled()
            log.warning("background step failed", step=name, exc_info=error)
        raise_if_cancelled()
        await asyncio.sleep(interval)


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
    step: Callable[[], Awaitable[object]], what: str, limit: float = 120.0
) -> None:
    """Servers start in any order: retry `step` until they answer, for `limit` seconds at most.

    Raises the step's error if it is not transient, or after `limit`.
    """
    until = time.monotonic() + limit
    while True:
        try:
            async with asyncio.timeout(30):
                await step()
            return
        except Exception as error:
            if not is_transient(error) or time.monotonic() > until:
                raise
            log.warning("waiting", what=what, error=type(error).__name__)
            await asyncio.sleep(0.5)


class Batcher(Generic[T, R]):
    """Whatever comes while a call is in flight goes out together as the next call.

    `call` gets up to `max_batch` items and gives the outcome of each, in order: a result, or an
    error. Nothing waits longer than a call's own time limit: when a call fails because the store is
    unavailable, those who wait behind it fail with it.
    """

    def __init__(
        self,
        call: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        max_batch: int = MAX_BATCH,
    ) -> None:
        self._call, self._max_batch = call, max_batch
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._flight: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """The item's result.

        Raises:
            Overloaded: `MAX_WAITING` items wait already.
            Exception: the item's own error, or that of the call when its outcome is unknown.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise Overloaded
        outcome: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, outcome))
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
        return await outcome

    async def _fly(self) -> None:
        while self._waiting:
            batch = self._waiting[: self._max_batch]
            self._waiting = self._waiting[self._max_batch :]
            STORE_BATCH.observe(len(batch))
            try:
                outcomes = await self._call([item for item, _ in batch])
            except BaseException as error:
                failed = batch
                if is_transient(error):
                    failed, self._waiting = batch + self._waiting, []
                reason = error if isinstance(error, Exception) else Unavailable("stopped")
                _settle(failed, [reason] * len(failed))
                if not isinstance(error, Exception):
                    raise
            else:
                _settle(batch, outcomes)


def _settle(
    batch: Sequence[tuple[T, "asyncio.Future[R]"]], outcomes: Sequence[R | Exception]
) -> None:
    for (_, waiting), outcome in zip(batch, outcomes, strict=True):
        if waiting.done():  # the caller has gone
            continue
        if isinstance(outcome, Exception):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)
