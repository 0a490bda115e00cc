"""Calls of a store that many callers share."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from chassis.errors import Overloaded, Unavailable, is_transient
from chassis.telemetry.metrics import STORE_BATCH

T = TypeVar("T")
R = TypeVar("R")
MAX_BATCH = 256
MAX_WAITING = 4096


class Batcher(Generic[T, R]):
    """Whatever comes while a call is in flight goes out together as the next call.

    `call` gets up to `max_batch` items and gives the outcome of each, in order: a result, or an
    error. An item waits up to `gather` seconds for others, and no longer than a call's own time
    limit: when a call fails because the store is unavailable, those who wait behind it fail with
    it.
    """

    def __init__(
        self,
        call: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        max_batch: int = MAX_BATCH,
        gather: float = 0.0,
    ) -> None:
        self._call, self._max_batch, self._gather = call, max_batch, gather
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
            if self._gather and len(self._waiting) < self._max_batch:
                await asyncio.sleep(self._gather)
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
