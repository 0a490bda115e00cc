"""Domain time: UTC, the same on every replica because the store's clock disciplines it, and
fast-forwarded on demand.

Tokens are held by `real()`, the store's clock too, but never played; time limits of calls by the
machine's own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """`now()` is the store's time plus what has passed since on the monotonic clock: a wrong
    machine clock is harmless.

    `spec` is empty for real time, or `<ISO start>@<rate>@<unix origin>`: then now = start + (real -
    origin) * rate, which plays a whole day in minutes with all its time-outs and rests.
    """

    def __init__(self, spec: str = "") -> None:
        self._real_at_sync = time.time()
        self._monotonic_at_sync = time.monotonic()
        self.rate = 1.0
        self._start: datetime | None = None
        self._origin = 0.0
        if spec:
            start, rate, origin = spec.split("@")
            self._start = datetime.fromisoformat(start).astimezone(UTC)
            self.rate, self._origin = float(rate), float(origin)
            if self.rate <= 0:
                raise ValueError(f"CLOCK: the rate must be above 0, not {rate}")

    def real(self) -> float:
        """Unix seconds by the store's clock."""
        return self._real_at_sync + time.monotonic() - self._monotonic_at_sync

    def now(self) -> datetime:
        """Domain time in UTC, cut to milliseconds as the store keeps it."""
        real = self.real()
        if self._start is None:
            moment = datetime.fromtimestamp(real, UTC)
        else:
            moment = self._start + timedelta(seconds=(real - self._origin) * self.rate)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def seconds(self, domain_seconds: float) -> float:
        """How long a span of domain time lasts on a wall clock, in seconds."""
        return domain_seconds / self.rate

    def span(self, seconds: float) -> timedelta:
        """How much domain time passes in so many seconds of a wall clock."""
        return timedelta(seconds=seconds * self.rate)

    async def sync(self, read: Callable[[], Awaitable[datetime]]) -> None:
        """Set this clock by a reading of the store's; half the round trip is taken off.

        A reading that fails leaves it running on as it is.
        """
        before = time.monotonic()
        async with asyncio.timeout(5):
            stamp = await read()
        after = time.monotonic()
        self._monotonic_at_sync = (before + after) / 2
        self._real_at_sync = (
            stamp.replace(tzinfo=UTC).timestamp() if stamp.tzinfo is None else stamp.timestamp()
        )
