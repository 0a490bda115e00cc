"""Replicas agree on the time within milliseconds, not exactly: nobody's work ends before it
began."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from contracts.events.dispatch import VolunteerFinished
from services.dispatch.callout.domain import attendance, filling
from services.dispatch.callout.domain.state import Callout, Decision
from services.dispatch.tests.calls import NOW, POLICY, called, did

ARRIVED = NOW + timedelta(seconds=30)
BEHIND = ARRIVED - timedelta(milliseconds=3)
LEAVING: dict[str, Callable[[Callout], Decision | None]] = {
    "finish": lambda c: attendance.finish(c, "a", "solved", POLICY, BEHIND),
    "withdraw": lambda c: attendance.withdraw(c, "a", POLICY, BEHIND),
    "stand down": lambda c: attendance.stand_down(c, "closed", POLICY, BEHIND),
}


@pytest.mark.parametrize("how", LEAVING)
def test_who_leaves_by_a_clock_that_is_behind_has_worked_no_time(how: str):
    callout, _ = did(filling.accept(called("a", "b"), "a", POLICY, NOW, on_duty=True))
    callout, _ = did(attendance.arrive(callout, "a", POLICY, ARRIVED))
    callout, facts = did(LEAVING[how](callout))
    (worked,) = (fact for fact in facts if isinstance(fact, VolunteerFinished))
    assert (worked.since, worked.until) == (ARRIVED, ARRIVED)
    gone = callout.candidate("a")
    assert gone is not None
    assert gone.ended_at == ARRIVED
