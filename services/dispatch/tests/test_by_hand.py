"""Calling by hand: whom not even a leader or an officer can call."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from services.dispatch.callout.by_hand import HandCalls
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.state import Callout, Decision
from services.dispatch.callout.waves import Lookout
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders
from services.dispatch.tests.calls import NOW, opened


class At:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at


class Station:
    """A call-out, and people who are all on duty and free."""

    def __init__(self, **born: int) -> None:
        self.people = {name: Responder(id=name, birth_year=year) for name, year in born.items()}
        self.callout, self.claimed = opened(), list[str]()

    async def required(self, _: str) -> Callout:
        return self.callout

    async def decide(
        self, _: str, decide: Callable[[Callout], Decision | None], __: Cause
    ) -> Callout:
        decision = decide(self.callout)
        return decision[0] if decision else self.callout

    async def of(self, names: Sequence[str]) -> dict[str, Responder]:
        return {name: self.people[name] for name in names}

    async def claim(self, names: Sequence[str], *_: object) -> frozenset[str]:
        self.claimed += names
        return frozenset(names)

    async def distances(self, *_: object) -> dict[str, int]:
        return {}

    async def call(self, *names: str, now: datetime = NOW) -> tuple[list[str], list[str]]:
        """(called, not called)"""
        hand = HandCalls(
            cast(CalloutHandlers, self),
            cast(Responders, self),
            cast(Lookout, self),
            cast(Clock, At(now)),
        )
        changed, not_called = await hand.call("cal_1", names, Cause("c"))
        return [c.volunteer for c in changed.candidates], not_called


async def test_a_party_to_the_matter_and_a_minor_are_not_called_by_hand_either() -> None:
    station = Station(fine=1980, acc_r=1980, acc_p=1980, young=2010, old=1950)
    called = await station.call("fine", "acc_r", "acc_p", "young", "old")
    assert called == (["fine", "old"], ["acc_r", "acc_p", "young"])
    assert station.claimed == ["fine", "old"]


async def test_the_old_are_not_called_by_hand_at_night() -> None:
    station = Station(fine=1980, old=1950)
    assert await station.call("fine", "old", now=NOW.replace(hour=15)) == (["fine"], ["old"])


async def test_where_nobody_can_be_called_that_is_said() -> None:
    with pytest.raises(Refusal, match="not_free"):
        await Station(acc_r=1980).call("acc_r")
