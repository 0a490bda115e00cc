"""Who accepted and gives no sign: asked, then the leader, then the place is free again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from typing_extensions import TypeAliasType

from contracts.envelope import Event
from contracts.events.dispatch import (
    CalloutEscalated,
    CalloutStoodDown,
    VolunteerFinished,
    VolunteerMissed,
    VolunteerOverdue,
    VolunteerSignAsked,
    WaveStoodDown,
)
from contracts.texts import keys
from contracts.vocabulary import values_of
from services.dispatch.callout.domain import attendance, filling, overdue
from services.dispatch.callout.domain.candidacy import candidacies, own_candidacy
from services.dispatch.callout.domain.next_step import next_step
from services.dispatch.callout.domain.state import (
    Callout,
    CalloutState,
    Candidate,
    CandidateState,
    EndReason,
    StandDownReason,
)
from services.dispatch.tests.calls import NOW, POLICY, called, did, names, wave

LEADERS = {"squ_01": "leader"}
MINUTE = timedelta(minutes=1)


def coming(*volunteers: str, people_needed: int = 2) -> Callout:
    """These have accepted."""
    callout = called(*volunteers, people_needed=people_needed)
    for volunteer in volunteers:
        callout, _ = did(filling.accept(callout, volunteer, POLICY, NOW, on_duty=True))
    return callout


def on_scene(*volunteers: str, people_needed: int = 2) -> Callout:
    callout = coming(*volunteers, people_needed=people_needed)
    for volunteer in volunteers:
        callout, _ = did(attendance.arrive(callout, volunteer, POLICY, NOW))
    return callout


def one(callout: Callout, volunteer: str) -> Candidate:
    found = callout.candidate(volunteer)
    assert found is not None
    return found


def next_in_time(
    callout: Callout, leaders: Mapping[str, str] = LEADERS
) -> tuple[Callout, Sequence[Event], datetime]:
    """Nothing happens until somebody without a sign is chased."""
    now = callout.due_at
    assert now is not None
    assert next_step(callout, POLICY, now - timedelta(milliseconds=1)) == "nothing"
    assert next_step(callout, POLICY, now) == "chase"
    after, facts = did(overdue.chase(callout, leaders, POLICY, now))
    return after, facts, now


def test_who_does_not_set_out_is_asked_then_the_leader_then_the_place_is_free():
    callout, (asked,), at = next_in_time(coming("a", people_needed=1))
    assert at == NOW + 10 * MINUTE
    assert isinstance(asked, VolunteerSignAsked)
    assert (asked.volunteer, asked.about, asked.until) == ("a", "setting_out", at + 5 * MINUTE)
    callout, (told,), at = next_in_time(callout)
    assert at == NOW + 15 * MINUTE
    assert isinstance(told, VolunteerOverdue)
    assert (told.leaders, told.until) == (("leader",), at + 5 * MINUTE)
    callout, facts, at = next_in_time(callout)
    assert names(list(facts)) == ["VolunteerMissed", "WaveStoodDown"]
    assert isinstance(facts[1], WaveStoodDown)
    assert (facts[1].accepted, facts[1].reason) == (("a",), "no_sign")
    assert (one(callout, "a").state, callout.held, callout.places_left) == ("missed", (), 1)
    assert (callout.state, next_step(callout, POLICY, at)) == ("opened", "wave")
    assert own_candidacy("a", candidacies(callout, {})).reason == "no_sign"


def test_two_who_go_silent_together_are_chased_in_one_step():
    callout, facts, _ = next_in_time(coming("a", "b"))
    assert names(list(facts)) == ["VolunteerSignAsked"] * 2
    callout, facts, _ = next_in_time(callout)
    assert names(list(facts)) == ["VolunteerOverdue"] * 2
    callout, facts, _ = next_in_time(callout)
    assert names(list(facts)) == ["VolunteerMissed"] * 2 + ["WaveStoodDown"]
    assert callout.places_left == 2


def test_without_a_leader_the_station_is_told_once():
    callout, _, _ = next_in_time(coming("a", "b"))
    callout, facts, _ = next_in_time(callout, {})
    assert names(list(facts)) == ["VolunteerOverdue", "CalloutEscalated", "VolunteerOverdue"]
    assert isinstance(facts[1], CalloutEscalated)
    assert (facts[1].to, facts[1].why) == ("station", "too_few")
    assert callout.state == "filled", "they may still come"


def test_a_leader_who_goes_silent_is_not_told_about_themselves():
    callout, _, _ = next_in_time(coming("leader", people_needed=1))
    _, facts, _ = next_in_time(callout)
    assert names(list(facts)) == ["VolunteerOverdue", "CalloutEscalated"]
    assert isinstance(facts[0], VolunteerOverdue)
    assert facts[0].leaders == ()


def test_after_a_sign_the_station_is_told_anew_when_nobody_comes():
    callout, _, _ = next_in_time(coming("a", people_needed=1))
    callout, facts, at = next_in_time(callout, {})
    assert names(list(facts)) == ["VolunteerOverdue", "CalloutEscalated"]
    callout, _ = did(attendance.set_out(callout, "a", POLICY, at + MINUTE))
    callout, _ = did(attendance.withdraw(callout, "a", POLICY, at + 2 * MINUTE))
    callout, _ = did(wave(callout, now=at + 2 * MINUTE))
    assert next_step(callout, POLICY, at + 2 * MINUTE) == "leader"
    decision = filling.escalate(callout, [], POLICY, at + 2 * MINUTE, to_station=False)
    (told,) = did(decision)[1]
    assert isinstance(told, CalloutEscalated)
    assert (told.to, told.why) == ("station", "nobody_answered")


def test_a_leader_who_is_party_to_the_matter_is_told_nothing_of_it():
    callout, _, _ = next_in_time(coming("a", people_needed=1))
    _, facts, _ = next_in_time(callout, {"squ_01": "acc_p"})
    assert names(list(facts)) == ["VolunteerOverdue", "CalloutEscalated"]
    assert isinstance(facts[0], VolunteerOverdue)
    assert facts[0].leaders == ()
    empty = called("a")
    decision = filling.escalate(empty, ["acc_p", "leader"], POLICY, NOW, to_station=False)
    (told,) = did(decision)[1]
    assert isinstance(told, CalloutEscalated)
    assert told.leaders == ("leader",)
    decision = filling.escalate(empty, ["acc_p"], POLICY, NOW, to_station=False)
    assert [fact.to for fact in did(decision)[1] if isinstance(fact, CalloutEscalated)] == [
        "station"
    ]


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("sign", ["set out", "arrive", "answer", "withdraw"])
def test_any_sign_ends_the_question(sign: str, steps: int):
    callout, at = coming("a", people_needed=1), NOW
    for _ in range(steps):
        callout, _, at = next_in_time(callout)
    at += MINUTE
    act = {
        "set out": attendance.set_out,
        "arrive": attendance.arrive,
        "answer": attendance.still_here,
        "withdraw": attendance.withdraw,
    }[sign]
    callout, _ = did(act(callout, "a", POLICY, at))
    assert one(callout, "a").overdue is None
    assert overdue.chase(callout, LEADERS, POLICY, at + 9 * MINUTE) is None
    if sign == "answer":
        assert callout.due_at == at + 10 * MINUTE, "the time begins anew"


def test_three_times_the_walk_and_at_least_ten_minutes_to_arrive():
    far = coming("a", people_needed=1)
    far = far.with_candidates(one(far, "a").with_(distance_m=1200))
    far, _ = did(attendance.set_out(far, "a", POLICY, NOW))
    assert far.due_at == NOW + 3 * timedelta(seconds=1200 * 1.3 / 1.2)
    near, _ = did(attendance.set_out(coming("a", people_needed=1), "a", POLICY, NOW))
    near, (asked,), at = next_in_time(near)
    assert at == NOW + 10 * MINUTE
    assert isinstance(asked, VolunteerSignAsked)
    assert asked.about == "arrival"


def forget(callout: Callout) -> tuple[Callout, list[Event]]:
    """Whoever is on scene never says that they are done."""
    facts: Sequence[Event] = ()
    for _ in range(3):
        callout, facts, _ = next_in_time(callout)
    return callout, list(facts)


def test_a_forgotten_finish_is_capped_and_the_station_told_where_nobody_knows_the_end():
    callout, facts = forget(on_scene("a", "b"))
    assert names(facts) == [
        "VolunteerFinished",
        "VolunteerMissed",
        "VolunteerFinished",
        "VolunteerMissed",
        "CalloutEscalated",
    ]
    assert isinstance(facts[0], VolunteerFinished)
    assert (facts[0].since, facts[0].until, facts[0].capped) == (NOW, NOW + 240 * MINUTE, True)
    assert isinstance(facts[1], VolunteerMissed)
    assert facts[1].about == "finish"
    assert isinstance(facts[-1], CalloutEscalated)
    assert (facts[-1].to, facts[-1].why) == ("station", "too_few")
    assert (callout.state, callout.held, callout.places_left) == ("escalated", (), 2)


def test_a_forgotten_finish_ends_with_the_outcome_that_the_other_reported():
    callout, _ = did(
        attendance.finish(on_scene("a", "b"), "b", "solved", POLICY, NOW + 30 * MINUTE)
    )
    assert callout.state == "under_way"
    callout, facts = forget(callout)
    assert names(facts) == ["VolunteerFinished", "VolunteerMissed", "CalloutDone"]
    assert (callout.state, callout.outcome) == ("done", "solved")


def test_nobody_is_called_in_the_place_of_who_forgot_while_another_is_there():
    callout = on_scene("a", "b")
    callout, _ = did(attendance.still_here(callout, "b", POLICY, NOW + 200 * MINUTE))
    callout, facts = forget(callout)
    assert names(facts) == ["VolunteerFinished", "VolunteerMissed"]
    assert (callout.state, callout.places_left) == ("under_way", 0)


def test_a_call_out_that_is_open_for_a_day_ends_and_the_station_knows():
    callout = on_scene("a", people_needed=1)
    for n in range(1, 13):
        callout, _ = did(attendance.still_here(callout, "a", POLICY, NOW + n * 119 * MINUTE))
    day = NOW + timedelta(days=1)
    assert (callout.due_at, next_step(callout, POLICY, day)) == (day, "expire")
    assert overdue.expire(callout, POLICY, day - MINUTE) is None
    callout, facts = did(overdue.expire(callout, POLICY, day))
    assert names(facts) == [
        "VolunteerFinished",
        "WaveStoodDown",
        "CalloutEscalated",
        "CalloutStoodDown",
    ]
    assert isinstance(facts[0], VolunteerFinished)
    assert facts[0].capped, "an officer looks at a day of work"
    assert isinstance(facts[3], CalloutStoodDown)
    assert (facts[3].reason, callout.ended_because) == ("closed", "closed")


def test_danger_calls_everybody_back_and_credits_who_was_there():
    callout = called("a", "b", "c", people_needed=2)
    callout, _ = did(filling.accept(callout, "a", POLICY, NOW, on_duty=True))
    callout, _ = did(attendance.arrive(callout, "a", POLICY, NOW))
    callout, facts = did(attendance.stand_down(callout, "danger", POLICY, NOW + 20 * MINUTE))
    assert names(facts) == ["CalloutStoodDown", "VolunteerFinished", "WaveStoodDown"]
    assert isinstance(facts[1], VolunteerFinished)
    assert (facts[1].until, facts[1].capped) == (NOW + 20 * MINUTE, False)
    assert isinstance(facts[2], WaveStoodDown)
    assert (facts[2].reason, set(facts[2].volunteers)) == ("danger", {"a", "b", "c"})
    assert {one.reason for one in candidacies(callout, {})} == {"danger"}


def test_danger_is_told_also_to_who_came_and_never_said_that_they_are_done():
    callout = on_scene("a", "b")
    callout, _ = did(attendance.still_here(callout, "b", POLICY, NOW + 200 * MINUTE))
    callout, _ = forget(callout)
    assert one(callout, "a").state == "missed"
    at = NOW + 260 * MINUTE
    callout, facts = did(attendance.stand_down(callout, "danger", POLICY, at))
    (stood,) = (fact for fact in facts if isinstance(fact, WaveStoodDown))
    assert (set(stood.volunteers), stood.accepted) == ({"a", "b"}, ("b",))
    assert one(callout, "a").state == "missed", "their hours are capped as before"


@pytest.mark.parametrize("why", ["the report is closed", "suspended"])
def test_who_was_asked_in_vain_is_not_credited_beyond_the_limit(why: str):
    callout, _, at = next_in_time(on_scene("a", people_needed=1))
    at += MINUTE
    if why == "suspended":
        decision = attendance.drop(callout, "a", POLICY, at, suspended=True)
    else:
        decision = attendance.stand_down(callout, "closed", POLICY, at)
    (worked,) = (fact for fact in did(decision)[1] if isinstance(fact, VolunteerFinished))
    assert (worked.until, worked.capped) == (NOW + 240 * MINUTE, True), "an officer decides"


def test_who_is_stood_down_for_others_is_not_told_that_the_matter_has_ended():
    _, facts = did(attendance.stand_down(on_scene("a"), "routed_elsewhere", POLICY, NOW))
    (stood,) = (fact for fact in facts if isinstance(fact, WaveStoodDown))
    assert stood.reason == "routed_elsewhere"


@pytest.mark.parametrize(
    ("section", "vocabulary"),
    [
        ("candidate", CandidateState),
        ("callout", CalloutState),
        ("stood_down", StandDownReason),
        ("ended", EndReason),
    ],
)
def test_every_state_and_reason_has_words(section: str, vocabulary: TypeAliasType):
    assert {f"{section}.{name}" for name in values_of(vocabulary)} <= keys()
