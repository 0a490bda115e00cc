"""A process that hangs ends itself; one that was only asleep does not."""

import faulthandler
import os
import threading
import time
from collections.abc import Callable

import pytest

from chassis.health import EXIT_CODE, Watchdog


class Exit(Exception):
    pass


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the watchdog would have ended the process with."""
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Exit

    def quiet(**_: object) -> None: ...

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(faulthandler, "dump_traceback", quiet)
    return codes


def look(watchdog: Watchdog, turns: int) -> None:
    """Its thread's work, by hand: so many looks with no time in between."""

    class Turns(threading.Event):
        left = turns

        def wait(self, timeout: float | None = None) -> bool:
            Turns.left -= 1
            return Turns.left < 0

    watchdog._ended = Turns()  # pyright: ignore[reportPrivateUsage]
    watchdog._look()  # pyright: ignore[reportPrivateUsage]


def nothing() -> None:
    return None


def test_all_is_well(exits: list[int]):
    look(Watchdog(30, nothing), 3)
    assert exits == []


@pytest.mark.parametrize(
    ("limit", "stuck"),
    [(-1.0, nothing), (30.0, lambda: "consumer stands still")],
    ids=["loop blocked", "consumer"],
)
def test_a_process_that_hangs_is_ended(
    exits: list[int], limit: float, stuck: Callable[[], str | None]
):
    with pytest.raises(Exit):
        look(Watchdog(limit, stuck), 3)
    assert exits == [EXIT_CODE]


def test_a_process_that_was_put_to_sleep_is_not_to_blame(
    exits: list[int], monkeypatch: pytest.MonkeyPatch
):
    watchdog, real = Watchdog(30, nothing), time.monotonic
    jumps = iter([0.0, 0.0, 100.0, 100.0, 101.0])
    start = real()
    monkeypatch.setattr(time, "monotonic", lambda: start + next(jumps, 101.0))
    look(watchdog, 3)
    assert exits == []
