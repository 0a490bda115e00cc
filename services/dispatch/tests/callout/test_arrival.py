"""Who says that they are on scene is there, as far as their phone shows; no phone holds up a real
helper."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.events.dispatch import VolunteerArrived, VolunteerFinished
from jinan.coordinates import Point
from services.dispatch.callout.domain import arrival, attendance, filling
from services.dispatch.callout.domain.attendance_limits import last_sign
from services.dispatch.callout.domain.state import Callout, Decision
from services.dispatch.position.domain import Fix
from services.dispatch.tests.calls import NOW, POLICY, SOON, found, opened

MINUTE = timedelta(minutes=1)


def did(decision: Decision | None) -> Decision:
    assert decision is not None
    return decision


def accepted() -> Callout:
    callout = opened()
    callout, _ = filling.open_with(callout, found(callout, "a"), POLICY, NOW)
    return did(filling.accept(callout, "a", POLICY, SOON, on_duty=True))[0]


def fix(metres: float, at: Any = SOON) -> Fix:
    return Fix("a", Point(116.94, 36.67 + metres / 111_195), at)


def refused_metres(callout: Callout) -> object:
    with pytest.raises(Refusal, match="far_from_scene") as refused:
        arrival.require_on_scene(callout, "a")
    return refused.value.values["metres"]


def test_a_phone_564_metres_away_is_refused_once_with_the_distance() -> None:
    callout, facts = did(arrival.arrive(accepted(), "a", fix(564), POLICY, SOON))
    assert refused_metres(callout) == 550
    assert not [fact for fact in facts if isinstance(fact, VolunteerArrived)]
    candidate = callout.candidate("a")
    assert candidate is not None
    assert candidate.arrived_at is None
    assert last_sign(candidate) == SOON, "whoever taps is not missing"


def test_a_second_tap_is_taken_and_an_officer_looks_at_the_hours() -> None:
    callout, _ = did(arrival.arrive(accepted(), "a", fix(564), POLICY, SOON))
    twice = arrival.arrive(callout, "a", fix(564), POLICY, SOON + timedelta(seconds=1))
    assert twice is None, "the same finger"
    again = SOON + timedelta(seconds=5)
    callout, facts = did(arrival.arrive(callout, "a", fix(564), POLICY, again))
    arrival.require_on_scene(callout, "a")
    assert [type(fact) for fact in facts] == [VolunteerArrived]
    _, facts = did(attendance.finish(callout, "a", "solved", POLICY, again + 20 * MINUTE))
    (done,) = [fact for fact in facts if isinstance(fact, VolunteerFinished)]
    assert (done.place_shown, done.since) == (False, again)


def test_much_later_it_is_asked_anew_and_who_came_by_then_is_simply_there() -> None:
    callout, _ = did(arrival.arrive(accepted(), "a", fix(564), POLICY, SOON))
    late = SOON + timedelta(seconds=POLICY.second_tap_within_s + 1)
    refused, _ = did(arrival.arrive(callout, "a", fix(900, late), POLICY, late))
    assert refused_metres(refused) == 900
    there, _ = did(arrival.arrive(callout, "a", fix(20, late), POLICY, late))
    arrival.require_on_scene(there, "a")
    _, facts = did(attendance.finish(there, "a", "solved", POLICY, late + 20 * MINUTE))
    assert [f.place_shown for f in facts if isinstance(f, VolunteerFinished)] == [True]


@pytest.mark.parametrize("last", [None, fix(5000, SOON - timedelta(minutes=6))])
def test_a_phone_in_a_pocket_voids_nothing(last: Fix | None) -> None:
    callout, _ = did(arrival.arrive(accepted(), "a", last, POLICY, SOON))
    arrival.require_on_scene(callout, "a")
    candidate = callout.candidate("a")
    assert candidate is not None
    assert (candidate.state, candidate.place_shown) == ("on_scene", True)


@given(st.floats(0, 5000), st.integers(0, 300))
def test_who_could_have_walked_there_since_is_believed(metres: float, seconds: int) -> None:
    at = SOON - timedelta(seconds=seconds)
    callout, _ = did(arrival.arrive(accepted(), "a", fix(metres, at), POLICY, SOON))
    candidate = callout.candidate("a")
    assert candidate is not None
    reach = POLICY.scene_m + seconds * POLICY.walk_m_per_s
    if abs(metres - reach) > 5:  # the test's metres are not quite those of the map
        assert (candidate.state == "on_scene") == (metres < reach)
