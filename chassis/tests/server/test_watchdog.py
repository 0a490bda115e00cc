"""The watchdog ends a process that hangs, but not one that was only stopped."""

import faulthandler
import os
import threading
import time
from collections.abc import Callable

import pytest

from chassis.server.watchdog import EXIT_CODE, Watchdog


class Exit(Exception):
    pass


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exit codes that the watchdog would have ended the process with."""
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Exit

    def no_dump(**_: object) -> None: ...

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(faulthandler, "dump_traceback", no_dump)
    return codes


def check(watchdog: Watchdog, turns: int) -> None:
    """Run the thread's loop `turns` times, with no time in between."""

    class Turns(threading.Event):
        left = turns

        def wait(self, timeout: float | None = None) -> bool:
            Turns.left -= 1
            return Turns.left < 0

    watchdog._ended = Turns()  # pyright: ignore[reportPrivateUsage]
    watchdog._watch()  # pyright: ignore[reportPrivateUsage]


def nothing() -> None:
    return None


def test_a_healthy_process_runs_on(exits: list[int]):
    check(Watchdog(30, nothing), 3)
    assert exits == []


@pytest.mark.parametrize(
    ("limit", "stuck"),
    [(-1.0, nothing), (30.0, lambda: "consumer makes no progress")],
    ids=["loop blocked", "consumer"],
)
def test_a_process_that_hangs_is_ended(
    exits: list[int], limit: float, stuck: Callable[[], str | None]
):
    with pytest.raises(Exit):
        check(Watchdog(limit, stuck), 3)
    assert exits == [EXIT_CODE]


def test_a_process_that_was_stopped_and_continued_runs_on(
    exits: list[int], monkeypatch: pytest.MonkeyPatch
):
    watchdog, real = Watchdog(30, nothing), time.monotonic
    jumps = iter([0.0, 0.0, 100.0, 100.0, 101.0])
    start = real()
    monkeypatch.setattr(time, "monotonic", lambda: start + next(jumps, 101.0))
    check(watchdog, 3)
    assert exits == []
