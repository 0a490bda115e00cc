"""The rules of a call-out, one by one."""

from datetime import timedelta

import pytest

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.events.dispatch import (
    CalloutAccepted,
    CalloutEscalated,
    CalloutFilled,
    VolunteerFinished,
    WaveStoodDown,
)
from contracts.texts import keys
from contracts.vocabulary import values_of
from services.dispatch.callout import events
from services.dispatch.callout.domain import attendance, filling
from services.dispatch.callout.domain.candidacy import candidacies, own_candidacy
from services.dispatch.callout.domain.next_step import next_step
from services.dispatch.callout.domain.state import CalloutState, CandidateState
from services.dispatch.tests.calls import (
    LATE,
    NOW,
    POLICY,
    SOON,
    accepted,
    called,
    did,
    looked_once_more,
    named,
    names,
    opened,
    routed,
    wave,
)


def test_it_opens_due_with_the_reporter_and_the_parties_left_out():
    callout = opened()
    assert (callout.state, callout.due_at, callout.parties) == ("opened", NOW, ("acc_p", "acc_r"))
    assert next_step(callout, POLICY, NOW) == "wave"
    assert opened(category="dispute", people_needed=1).people_needed == 2


def test_the_place_after_the_last_answers_enough_people():
    callout = accepted("a")
    assert (callout.state, callout.accepted) == ("opened", 1)
    filled, facts = did(filling.accept(callout, "b", POLICY, SOON, on_duty=True))
    assert names(facts) == ["CalloutAccepted", "CalloutFilled", "WaveStoodDown"]
    assert isinstance(facts[0], CalloutAccepted)
    assert facts[0].place == 2
    assert isinstance(facts[1], CalloutFilled)
    assert set(facts[1].volunteers) == {"a", "b"}
    assert isinstance(facts[2], WaveStoodDown)
    assert (facts[2].volunteers, facts[2].accepted, facts[2].reason) == (("c", "d"), (), "enough")
    assert filled.held == ("a", "b"), "who is stood down can be called to another matter"
    assert (filled.state, filled.due_at) == ("filled", SOON + timedelta(minutes=10))
    with pytest.raises(Refusal, match="enough_people"):
        filling.accept(filled, "c", POLICY, SOON, on_duty=True)
    assert filling.accept(filled, "a", POLICY, SOON, on_duty=True) is None, (
        "a repeat has the place already"
    )


def test_who_was_not_called_or_said_no_has_no_place():
    with pytest.raises(Refusal, match="not_called"):
        filling.accept(called("a"), "z", POLICY, SOON, on_duty=True)
    declined, _ = did(filling.decline(called("a"), "a", POLICY, SOON))
    with pytest.raises(Refusal, match="wrong_state"):
        filling.accept(declined, "a", POLICY, SOON, on_duty=True)


def test_after_positions_were_lost_the_search_is_retried_before_anybody_is_alerted():
    blind, facts = did(wave(opened(), retry_at=SOON))
    assert (facts, blind.due_at) == ([], SOON)
    assert next_step(blind, POLICY, NOW) == "nothing"
    assert next_step(blind, POLICY, SOON) == "wave"
    found, facts = did(wave(blind, "a", "b", now=SOON))
    assert names(facts) == ["WaveCalled"]
    assert (found.tries, found.again_at) == (1, None)
    nobody, _ = did(wave(blind, now=SOON))
    assert next_step(nobody, POLICY, SOON) == "leader", (
        "by then all positions are known, and nobody is there"
    )


def test_the_next_wave_goes_out_when_the_open_ones_cannot_suffice():
    callout = called("a", "b", "c")
    assert callout.due_at == LATE
    callout, _ = did(filling.decline(callout, "a", POLICY, SOON))
    assert next_step(callout, POLICY, SOON) == "nothing"
    callout, _ = did(filling.decline(callout, "b", POLICY, SOON))
    assert (next_step(callout, POLICY, SOON), callout.due_at) == ("wave", SOON)


def test_a_wave_that_is_not_the_next_any_more_is_not_called():
    callout = called("a", "b")
    again, _ = did(wave(callout, "c"))
    assert wave(callout.with_(waves=again.waves, asked=()), "c") is not None
    assert wave(again.with_(people_needed=0), "d") is None
    assert wave(again, "a") is None, "nobody is called twice"


def test_after_three_waves_the_leaders_then_the_station():
    callout = opened()
    for n in range(3):
        assert next_step(callout, POLICY, NOW) == "wave"
        callout, _ = did(wave(callout, f"v{n}"))
        callout, _ = did(filling.decline(callout, f"v{n}", POLICY, NOW))
    assert next_step(callout, POLICY, NOW) == "leader"
    callout, facts = did(filling.escalate(callout, ("l1", "l2"), POLICY, NOW, to_station=False))
    (escalation,) = facts
    assert isinstance(escalation, CalloutEscalated)
    assert (escalation.to, escalation.why, escalation.leaders) == (
        "leader",
        "nobody_answered",
        ("l1", "l2"),
    )
    callout = looked_once_more(callout, NOW)
    due = NOW + timedelta(seconds=POLICY.leader_s)
    assert callout.due_at == due
    assert next_step(callout, POLICY, due) == "station"
    callout, facts = did(filling.escalate(callout, ("l1",), POLICY, due, to_station=True))
    assert [fact.to for fact in facts if isinstance(fact, CalloutEscalated)] == ["station"]
    assert callout.due_at == NOW + timedelta(days=1), "the station ends it, or a day"


def test_where_nobody_could_have_come_the_station_is_told_at_once():
    callout, _ = did(wave(opened()))
    assert (next_step(callout, POLICY, NOW), callout.squads) == ("leader", ())
    _, (fact,) = did(filling.escalate(callout, (), POLICY, NOW, to_station=False))
    assert isinstance(fact, CalloutEscalated)
    assert (fact.to, fact.why) == ("station", "nobody_on_duty")


def test_a_manual_call_fills_an_escalated_call_out():
    callout, _ = did(wave(called("a", people_needed=1), now=NOW))
    callout, _ = did(filling.lapse(callout, POLICY, LATE))
    callout, _ = did(filling.escalate(callout, (), POLICY, LATE, to_station=False))
    hand = [named(callout, v, LATE) for v in ("a", "h")]
    callout, facts = did(filling.call_manually(callout, hand, POLICY, LATE))
    assert names(facts) == ["WaveCalled"]
    callout, _ = did(filling.accept(callout, "a", POLICY, LATE, on_duty=True))
    assert callout.state == "filled"
    with pytest.raises(Refusal, match="enough_people"):
        filling.call_manually(callout, hand, POLICY, LATE)


def test_a_place_that_falls_free_after_an_escalation_is_escalated_anew():
    callout, _ = did(filling.lapse(called("a", people_needed=1), POLICY, LATE))
    callout, _ = did(wave(callout, now=LATE))
    callout, _ = did(filling.escalate(callout, (), POLICY, LATE, to_station=False))
    callout, _ = did(filling.call_manually(callout, [named(callout, "h", LATE)], POLICY, LATE))
    callout, _ = did(filling.accept(callout, "h", POLICY, LATE, on_duty=True))
    callout, _ = did(attendance.withdraw(callout, "h", POLICY, LATE))
    callout, _ = did(wave(callout, now=LATE))
    assert next_step(callout, POLICY, LATE) == "leader"
    assert names(did(filling.escalate(callout, (), POLICY, LATE, to_station=False))[1]) == [
        "CalloutEscalated"
    ]


def test_from_setting_out_to_done_the_first_outcome_is_the_call_outs():
    callout = accepted("a", "b")
    callout, facts = did(attendance.set_out(callout, "a", POLICY, SOON))
    assert (callout.state, names(facts)) == ("under_way", ["VolunteerOnTheWay"])
    for volunteer in ("a", "b"):
        callout, facts = did(attendance.arrive(callout, volunteer, POLICY, SOON))
        assert names(facts) == ["VolunteerArrived"]
    assert attendance.arrive(callout, "a", POLICY, LATE) is None
    assert attendance.set_out(callout, "a", POLICY, SOON) is None
    callout, facts = did(attendance.finish(callout, "a", "solved", POLICY, LATE))
    assert facts == [_evidence("a", facts)]
    assert callout.state == "under_way"
    callout, facts = did(attendance.finish(callout, "b", "not_found", POLICY, LATE))
    assert names(facts) == ["VolunteerFinished", "CalloutDone"]
    assert (callout.state, callout.outcome, callout.due_at) == ("done", "solved", None)
    assert attendance.finish(callout, "b", "solved", POLICY, LATE) is None


def _evidence(volunteer: str, facts: list[Event]) -> Event:
    (fact,) = facts
    assert isinstance(fact, VolunteerFinished)
    assert (fact.volunteer, fact.since, fact.until) == (volunteer, SOON, LATE)
    return fact


def test_nobody_finishes_before_they_are_there():
    with pytest.raises(Refusal, match="wrong_state"):
        attendance.finish(accepted("a"), "a", "solved", POLICY, LATE)
    with pytest.raises(Refusal, match="wrong_state"):
        attendance.arrive(called("a"), "a", POLICY, SOON)


def test_one_of_two_who_finishes_ends_it_while_nobody_else_came():
    callout = accepted("a")
    callout, _ = did(attendance.arrive(callout, "a", POLICY, SOON))
    callout, facts = did(attendance.finish(callout, "a", "solved", POLICY, SOON))
    assert callout.state == "done"
    (spared,) = (fact for fact in facts if isinstance(fact, WaveStoodDown))
    assert (spared.volunteers, spared.accepted) == (("b", "c", "d"), ())


def test_a_place_that_falls_free_is_filled_again_with_waves_of_its_own():
    callout, facts = did(attendance.withdraw(accepted("a", "b"), "a", POLICY, SOON))
    assert names(facts) == ["VolunteerWithdrew"]
    assert (callout.state, callout.tries, callout.places_left) == ("opened", 0, 1)
    assert next_step(callout, POLICY, SOON) == "wave"
    assert attendance.withdraw(callout, "a", POLICY, SOON) is None


def test_who_withdraws_from_the_scene_has_their_time_credited():
    callout, _ = did(attendance.arrive(accepted("a", "b"), "a", POLICY, SOON))
    callout, facts = did(attendance.withdraw(callout, "a", POLICY, LATE))
    assert names(facts) == ["VolunteerFinished", "VolunteerWithdrew"]
    assert callout.state == "opened"


def test_off_duty_drops_the_call_gives_back_the_place_and_leaves_who_is_on_scene():
    callout, facts = did(attendance.drop(called("a", "b", "c"), "a", POLICY, SOON, suspended=False))
    assert names(facts) == ["WaveStoodDown"]
    assert own_candidacy("a", candidacies(callout, {})).reason == "off_duty"
    filled = accepted("b", "c", callout=callout)
    assert names(did(attendance.drop(filled, "b", POLICY, SOON, suspended=False))[1]) == [
        "VolunteerWithdrew"
    ]
    there, _ = did(attendance.arrive(filled, "b", POLICY, SOON))
    assert attendance.drop(there, "b", POLICY, LATE, suspended=False) is None
    assert names(did(attendance.drop(there, "b", POLICY, LATE, suspended=True))[1]) == [
        "VolunteerFinished",
        "WaveStoodDown",
    ]


def test_who_was_called_by_a_wave_stays_so_after_the_record_of_the_search_was_erased():
    callout, _ = did(wave(opened(), "a"))
    by_hand = callout.with_candidates(named(callout, "b", NOW))
    assert {c.volunteer: c.reason for c in candidacies(by_hand, {})} == {
        "a": "called",
        "b": "called_manually",
    }


def test_a_report_that_ended_stands_everybody_down_once():
    callout, _ = did(attendance.arrive(accepted("a"), "a", POLICY, SOON))
    ended, facts = did(attendance.stand_down(callout, "withdrawn", POLICY, LATE))
    assert names(facts) == ["CalloutStoodDown", "VolunteerFinished", "WaveStoodDown"]
    assert isinstance(facts[2], WaveStoodDown)
    assert (set(facts[2].volunteers), facts[2].accepted) == ({"a", "b", "c", "d"}, ("a",))
    assert ended.held == ()
    assert {c.state for c in ended.candidates} == {"stood_down"}
    assert (ended.due_at, next_step(ended, POLICY, LATE)) == (None, "nothing")
    assert attendance.stand_down(ended, "closed", POLICY, LATE) is None
    with pytest.raises(Refusal, match="wrong_state"):
        filling.accept(ended, "b", POLICY, SOON, on_duty=True)


def test_urgent_calls_lapse_in_half_the_time():
    assert POLICY.time_to_answer(routed(urgency="high").urgency) == timedelta(seconds=60)
    assert POLICY.time_to_answer("normal") == timedelta(seconds=120)


@pytest.mark.parametrize("state", [*values_of(CandidateState), *values_of(CalloutState)])
def test_a_refusal_has_words_for_every_state(state: str):
    assert f"state.{state}" in keys()


@pytest.mark.parametrize(
    ("metres", "told"), [(0, 500), (240, 500), (501, 1000), (2000, 2000), (2001, 3000)]
)
def test_a_wave_tells_the_ring_and_never_how_far_somebody_is(metres: int, told: int):
    candidate = named(opened(), "a", NOW).with_(distance_m=metres)
    (one,) = events.wave_called(opened(), [candidate]).called
    assert one.distance_m == told
