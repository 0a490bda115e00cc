"""Health checks of a service, and a watchdog that ends a process that hangs."""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable

from chassis.telemetry.metrics import LOOP_LAG

EXIT_CODE = 70
_BEAT = 1.0  # seconds
_ASLEEP = 5.0  # seconds; the whole process slept (SIGSTOP, a suspended machine)
Check = Callable[[], Awaitable[object]]


class Checks:
    """Named checks of the parts of a service. One that raises, or takes over 2 s, fails."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def failing(self) -> list[str]:
        failing: list[str] = []
        for name, check in self._checks.items():
            try:
                async with asyncio.timeout(2):
                    await check()
            except Exception:
                failing.append(name)
        return failing


class Watchdog:
    """Ends a process whose event loop is blocked, or that `stuck` gives a reason for, so that it is
    restarted. aiokafka's consumers can hang for ever (its issues 1154, 847, 703), and nothing
    inside the loop would notice. A thread checks once a second.
    """

    def __init__(self, limit_seconds: float, stuck: Callable[[], str | None]) -> None:
        self._limit, self._stuck = limit_seconds, stuck
        self._beat = time.monotonic()
        self._ended = threading.Event()

    async def beat(self) -> None:
        """The event loop's pulse; run as a task."""
        while True:
            before = time.monotonic()
            self._beat = before
            await asyncio.sleep(_BEAT)
            LOOP_LAG.set(max(0.0, time.monotonic() - before - _BEAT))

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(1.0):
            now = time.monotonic()
            if now - before > _ASLEEP:
                self._beat = now
            before = now
            reason = "event loop blocked" if now - self._beat > self._limit else self._stuck()
            if reason is not None:
                sys.stderr.write(
                    f'{{"level": "error", "message": "watchdog ends the process: {reason}"}}\n'
                )
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
                os._exit(EXIT_CODE)
