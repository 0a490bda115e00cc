"""An answer that is the same for all who ask within some seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Reads at most once in `seconds`, by the monotonic clock `now`. Who comes meanwhile waits for
    the read; where it fails the error is theirs who caused it, and the next one reads again."""

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._seconds, self._now = read, seconds, now
        self._lock = asyncio.Lock()
        self._known: tuple[T, float] | None = None
        """And until when it counts."""

    async def get(self) -> T:
        async with self._lock:
            if self._known is None or self._known[1] <= self._now():
                self._known = await self._read(), self._now() + self._seconds
            return self._known[0]
