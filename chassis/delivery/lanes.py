"""Lanes: deliveries of one key in order, those of different keys concurrently."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from chassis.kafka.offsets import PartitionProgress
from chassis.kafka.subscriptions import Delivery


class Lanes:
    """`moved` is set whenever a delivery is processed, or a lane fails."""

    def __init__(self, process: Callable[[Delivery], Awaitable[None]]) -> None:
        self._process = process
        self._lanes: dict[Any, deque[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False
        """Between two assignments: messages fetched then belong to the next member."""
        self.broken: BaseException | None = None
        self.moved = asyncio.Event()

    def add(self, key: Any, progress: PartitionProgress, delivery: Delivery) -> None:
        progress.in_flight[delivery.record.offset] = None
        if key not in self._lanes:
            self._lanes[key] = deque()
            task = asyncio.create_task(self._run(key, progress))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        self._lanes[key].append(delivery)

    async def close(self, seconds: float) -> None:
        """Finish deliveries in process within `seconds`, then cancel them; drop those that wait."""
        self.closed = True
        tasks = set(self._tasks)
        late = (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else set[Any]()
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)

    def clear(self) -> None:
        self._lanes.clear()

    async def _run(self, key: Any, progress: PartitionProgress) -> None:
        waiting = self._lanes[key]
        while waiting and not self.closed:
            delivery = waiting.popleft()
            await self._process(delivery)
            del progress.in_flight[delivery.record.offset]
            self.moved.set()
        if self._lanes.get(key) is waiting:
            del self._lanes[key]

    def _ended(self, lane: "asyncio.Task[None]") -> None:
        """A lane that fails would never process its delivery: the consumer must restart."""
        self._tasks.discard(lane)
        error = asyncio.CancelledError() if lane.cancelled() else lane.exception()
        if error is not None and not self.closed:
            self.broken = error
            self.moved.set()
