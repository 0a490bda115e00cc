"""Manual calls: whom not even a leader or an officer can call."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import CauseReused, Conflict
from contracts.access import Grant, Principal
from contracts.vocabulary import Category
from services.dispatch.callout.domain.state import Callout, Decision
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts, EndedReports
from services.dispatch.responder.domain import Profile, Responder, profile
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


class Station:
    """A call-out, and people who are all on duty and free."""

    def __init__(self, **born: int) -> None:
        self.people = {name: Responder(id=name, birth_year=year) for name, year in born.items()}
        self.callout, self.claimed = opened(), list[str]()
        self.failing: Exception | None = None

    async def require(self, _: str) -> Callout:
        return self.callout

    async def change(
        self, _: str, decide: Callable[[Callout], Decision | None], __: Cause
    ) -> Callout:
        decision = decide(self.callout)
        if self.failing:
            raise self.failing
        return decision[0] if decision else self.callout

    async def profiles(
        self, names: Sequence[str], category: Category, now: datetime
    ) -> dict[str, Profile]:
        return {name: profile(self.people[name], category, now) for name in names}

    async def claim_named(self, _: object, names: Sequence[str], __: datetime) -> dict[str, int]:
        self.claimed += names
        return dict.fromkeys(names, 0)

    async def release(self, _: str, names: Sequence[str]) -> None:
        self.claimed = [name for name in self.claimed if name not in names]

    async def call(self, *names: str, now: datetime = NOW) -> tuple[list[str], list[str]]:
        """(called, not called)"""
        handlers = CalloutHandlers(
            cast(Callouts, self),
            cast(EndedReports, None),
            cast(Responders, self),
            cast(CandidateSearch, self),
            cast(Clock, At(now)),
        )
        changed, not_called = await handlers.call_manually("cal_1", OFFICER, names, Cause("c"))
        return [c.volunteer for c in changed.candidates], not_called


async def test_a_party_to_the_matter_and_a_minor_cannot_be_called_manually_either() -> None:
    station = Station(fine=1980, acc_r=1980, acc_p=1980, young=2010, old=1950)
    called = await station.call("fine", "acc_r", "acc_p", "young", "old")
    assert called == (["fine", "old"], ["acc_r", "acc_p", "young"])
    assert station.claimed == ["fine", "old"]


async def test_the_old_cannot_be_called_manually_at_night() -> None:
    station = Station(fine=1980, old=1950)
    assert await station.call("fine", "old", now=NOW.replace(hour=15)) == (["fine"], ["old"])


async def test_where_nobody_can_be_called_that_is_said() -> None:
    with pytest.raises(Refusal, match="not_free"):
        await Station(acc_r=1980).call("acc_r")


@pytest.mark.parametrize("error", [Refusal("enough_people"), Conflict("cal_1"), CauseReused()])
async def test_who_is_not_called_after_all_is_free_again(error: Exception) -> None:
    station = Station(fine=1980)
    station.failing = error
    with pytest.raises(type(error)):
        await station.call("fine")
    assert station.claimed == []
