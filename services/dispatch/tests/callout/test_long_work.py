"""Long work is asked about, capped, or left to an officer: it is never credited unseen."""

from datetime import datetime, timedelta

import pytest

from contracts.envelope import Event
from contracts.events.dispatch import VolunteerFinished
from jinan.local_time import LOCAL
from services.dispatch.callout.domain import attendance
from services.dispatch.callout.domain.attendance_limits import given_up_at
from services.dispatch.callout.domain.state import Callout
from services.dispatch.hours_check.domain import needs_check, waiting
from services.dispatch.tests.calls import POLICY, accepted, did

ARRIVED = datetime(2026, 5, 20, 20, tzinfo=LOCAL)
LIMIT = timedelta(seconds=POLICY.finish_s)


def on_scene() -> Callout:
    return did(attendance.arrive(accepted("a", "b"), "a", POLICY, ARRIVED))[0]


def worked(facts: list[Event]) -> VolunteerFinished:
    (found,) = (fact for fact in facts if isinstance(fact, VolunteerFinished))
    return found


@pytest.mark.parametrize("leave", ["finish", "withdraw"])
def test_a_finish_a_day_and_a_half_later_is_left_to_an_officer(leave: str):
    """Case A18, where nobody was asked for a sign in time: the service stood still."""
    finished = datetime(2026, 5, 22, 8, tzinfo=LOCAL)
    if leave == "finish":
        decision = attendance.finish(on_scene(), "a", "solved", POLICY, finished)
    else:
        decision = attendance.withdraw(on_scene(), "a", POLICY, finished)
    fact = worked(list(did(decision)[1]))
    assert (fact.since, fact.until, fact.capped) == (ARRIVED, ARRIVED + LIMIT, True)
    assert needs_check(fact, POLICY)
    assert waiting(fact).most == 240


def test_a_finish_just_after_being_asked_counts_as_it_is():
    callout = on_scene()
    (candidate,) = callout.in_state("on_scene")
    last = given_up_at(candidate, POLICY) - timedelta(seconds=1)
    fact = worked(list(did(attendance.finish(callout, "a", "solved", POLICY, last))[1]))
    assert (fact.until, fact.capped) == (last, False)
    assert not needs_check(fact, POLICY)


def test_very_long_work_with_a_sign_every_hour_is_left_to_an_officer():
    callout, hour = on_scene(), timedelta(hours=1)
    for n in range(1, 15):
        callout, _ = did(attendance.still_here(callout, "a", POLICY, ARRIVED + n * hour))
    decision = attendance.finish(callout, "a", "solved", POLICY, ARRIVED + 14.5 * hour)
    fact = worked(list(did(decision)[1]))
    assert (fact.until, fact.capped) == (ARRIVED + 14.5 * hour, False)
    assert needs_check(fact, POLICY)
    assert waiting(fact).most == 870, "the officer can accept all of it"
