"""Manual calls: whom not even a leader or an officer can call."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import cast
from unittest.mock import Mock

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from contracts.access import Grant, Principal
from services.dispatch.callout.claims import Claims
from services.dispatch.callout.domain.state import Callout, Decision
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts, EndedReports
from services.dispatch.responder.domain import Engagement, Responder
from services.dispatch.responder.store import Responders
from services.dispatch.selection.handlers import CandidateSearch
from services.dispatch.tests.calls import NOW, opened

OFFICER = Principal(
    subject="acc_o", session="ses", grants=(Grant(role="officer", area="370104009"),)
)


class At:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def seconds(self, domain_seconds: float) -> float:
        return domain_seconds


class Station:
    """A call-out, and people who are all on duty. `held` are on another call-out: the store refuses
    a write that claims them, and `hidden` ones are found only then."""

    def __init__(self, **born: int) -> None:
        self.people = {
            name: Responder(id=name, birth_year=year, on_duty=True, approved=True)
            for name, year in born.items()
        }
        self.callout = opened()
        self.held, self.hidden = set[str](), set[str]()

    async def require(self, _: str) -> Callout:
        return self.callout

    async def change(
        self, _: str, decide: Callable[[Callout], Decision | None], __: Cause
    ) -> Callout:
        decision = decide(self.callout)
        changed = decision[0] if decision else self.callout
        taken = (self.held | self.hidden).intersection(changed.held)
        if taken:
            self.held, self.hidden = self.held | taken, self.hidden - taken
            raise DuplicateKey({"held": 1}, {"held": min(taken)})
        return changed

    async def of(self, names: Sequence[str]) -> list[Responder]:
        return [self.people[name] for name in names]

    async def engagements(self, names: Collection[str]) -> dict[str, Engagement]:
        return {name: Engagement("cal_2", True, NOW) for name in self.held.intersection(names)}

    async def distances(self, _: object, __: Sequence[str]) -> dict[str, int]:
        return {}

    async def follow(self, *_: object, **__: object) -> None: ...

    async def note(self, _: object) -> None: ...

    async def call_off_duty(self, *_: object) -> list[Responder]:
        return []

    async def call(self, *names: str, now: datetime = NOW) -> tuple[list[str], list[str]]:
        """(called, not called)"""
        search = cast(CandidateSearch, self)
        callouts = cast(Callouts, self)
        availability = Mock(follow=self.follow, note=self.note, call=self.call_off_duty)
        handlers = CalloutHandlers(
            callouts,
            cast(EndedReports, None),
            cast(Responders, self),
            Claims(callouts, availability, search),
            search,
            cast(Clock, At(now)),
        )
        changed, not_called = await handlers.call_manually("cal_1", OFFICER, names, Cause("c"))
        return [c.volunteer for c in changed.candidates], not_called


async def test_a_party_to_the_matter_and_a_minor_cannot_be_called_manually_either() -> None:
    station = Station(fine=1980, acc_r=1980, acc_p=1980, young=2010, old=1950)
    called = await station.call("fine", "acc_r", "acc_p", "young", "old")
    assert called == (["fine", "old"], ["acc_r", "acc_p", "young"])


async def test_the_old_cannot_be_called_manually_at_night() -> None:
    station = Station(fine=1980, old=1950)
    assert await station.call("fine", "old", now=NOW.replace(hour=15)) == (["fine"], ["old"])


async def test_who_is_off_duty_is_not_called() -> None:
    station = Station(fine=1980, home=1980)
    station.people["home"] = station.people["home"].with_(on_duty=False)
    assert await station.call("fine", "home") == (["fine"], ["home"])


async def test_where_nobody_can_be_called_that_is_said() -> None:
    with pytest.raises(Refusal, match="not_free"):
        await Station(acc_r=1980).call("acc_r")
    busy = Station(fine=1980)
    busy.held = {"fine"}
    with pytest.raises(Refusal, match="not_free"):
        await busy.call("fine")


@pytest.mark.parametrize("when", ["held", "hidden"])
async def test_who_is_on_another_call_out_is_left_out_and_the_others_are_called(when: str) -> None:
    station = Station(fine=1980, taken=1980, other=1980)
    setattr(station, when, {"taken"})
    assert await station.call("fine", "taken", "other") == (["fine", "other"], ["taken"])
