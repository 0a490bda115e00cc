"""Ends a process that hangs, so that it is started anew: a blocked event loop, or a consumer that
stands still.

aiokafka's consumers can hang for ever (its issues 1154, 847, 703); nothing inside the loop could
tell.
"""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable

from chassis.metrics import LOOP_LAG

EXIT_CODE = 70


class Watchdog:
    """A thread that looks once a second. `stuck` tells the reason why a part makes no progress, or
    nothing."""

    def __init__(self, limit_seconds: float, stuck: Callable[[], str | None]) -> None:
        self._limit, self._stuck = limit_seconds, stuck
        self._beat = time.monotonic()
        self._ended = threading.Event()

    async def beat(self) -> None:
        """The event loop's pulse; run as a task."""
        while True:
            before = time.monotonic()
            self._beat = before
            await asyncio.sleep(0.5)
            LOOP_LAG.set(max(0.0, time.monotonic() - before - 0.5))

    def start(self) -> None:
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _look(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(1.0):
            now = time.monotonic()
            if (
                now - before > 5.0
            ):  # the whole process was asleep (SIGSTOP, a suspended machine): nobody's fault
                self._beat = now
            before = now
            reason = "event loop blocked" if now - self._beat > self._limit else self._stuck()
            if reason is not None:
                sys.stderr.write(
                    f'{{"level": "error", "message": "watchdog ends the process: {reason}"}}\n'
                )
                faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
                os._exit(EXIT_CODE)
