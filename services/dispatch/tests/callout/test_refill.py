"""A place that is empty: who is offered it again, who may still take it, who is looked at."""

from datetime import datetime, timedelta

import pytest

from chassis.domain import Refusal
from contracts.events.dispatch import WaveCalled
from services.dispatch.callout.domain import attendance, filling
from services.dispatch.callout.domain.next_step import next_step
from services.dispatch.callout.domain.state import Callout
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
    wave,
)


def escalated(callout: Callout, now: datetime = LATE) -> Callout:
    """The call lapsed, nobody else is near, leaders and then the station are told."""
    callout, _ = did(filling.lapse(callout, POLICY, now))
    callout, _ = did(wave(callout, now=now))
    callout, _ = did(filling.escalate(callout, ("l1",), POLICY, now, to_station=False))
    callout, facts = did(filling.escalate(callout, ("l1",), POLICY, now, to_station=True))
    assert names(facts) == ["CalloutEscalated"]
    return looked_once_more(callout, now)


def test_a_late_yes_takes_a_place_that_is_empty_also_after_the_escalation():
    late, _ = did(filling.accept(called("a", people_needed=1), "a", POLICY, LATE, on_duty=True))
    assert late.state == "filled", "the clock has run out and nobody has noted it yet"
    callout = escalated(called("a", "b", people_needed=1))
    with pytest.raises(Refusal, match="off_duty"):
        filling.accept(callout, "a", POLICY, LATE, on_duty=False)
    filled, facts = did(filling.accept(callout, "a", POLICY, LATE, on_duty=True))
    assert names(facts) == ["CalloutAccepted", "CalloutFilled"]
    assert (filled.state, filled.held) == ("filled", ("a",))
    with pytest.raises(Refusal, match="enough_people"):
        filling.accept(filled, "b", POLICY, LATE, on_duty=True)


def test_once_there_is_an_outcome_a_late_yes_is_too_late():
    callout, _ = did(
        filling.lapse(
            accepted("a", "b", callout=called("a", "b", "c", people_needed=3)), POLICY, LATE
        )
    )
    callout, _ = did(attendance.arrive(callout, "a", POLICY, LATE))
    callout, _ = did(attendance.finish(callout, "a", "solved", POLICY, LATE))
    with pytest.raises(Refusal, match="call_lapsed"):
        filling.accept(callout, "c", POLICY, LATE, on_duty=True)


def test_a_place_that_falls_free_is_offered_to_those_who_were_stood_down_or_late():
    callout, _ = did(filling.decline(called("a", "b", "c", "d", "e"), "e", POLICY, SOON))
    callout = accepted("a", "b", callout=callout)
    assert filling.need(callout).asked == ("a", "b", "c", "d", "e")
    callout, _ = did(attendance.withdraw(callout, "a", POLICY, SOON))
    assert next_step(callout, POLICY, SOON) == "wave"
    assert filling.need(callout).asked == ("a", "b", "e"), "not who gave it up or said no"
    callout, facts = did(wave(callout, "c", now=SOON))
    (call,) = facts
    assert isinstance(call, WaveCalled)
    assert ([one.volunteer for one in call.called], call.wave) == (["c"], 2)
    again = callout.candidate("c")
    assert again is not None
    assert (again.state, again.wave) == ("called", 2)
    assert [(one.wave, one.state, one.why_stood_down) for one in again.earlier] == [
        (1, "stood_down", "enough")
    ]
    assert set(callout.held) == {"b", "c"}
    callout, _ = did(filling.lapse(callout, POLICY, LATE + POLICY.time_to_answer("normal")))
    assert "c" in filling.need(callout).asked, "twice for one place would be too much"
    assert "d" not in filling.need(callout).asked


def test_who_comes_back_on_duty_can_be_called_again():
    callout, _ = did(attendance.drop(called("a", "b"), "a", POLICY, SOON, suspended=False))
    assert filling.need(callout).asked == ("b",)


def test_who_accepted_and_left_an_escalated_call_out_is_replaced_and_nobody_is_told_twice():
    callout = escalated(called("a", "b", "c"))
    callout, _ = did(filling.accept(callout, "a", POLICY, LATE, on_duty=True))
    callout, _ = did(attendance.withdraw(callout, "a", POLICY, LATE))
    assert (callout.state, next_step(callout, POLICY, LATE)) == ("escalated", "wave")
    assert filling.need(callout).asked == ("a",)
    callout, _ = did(wave(callout, "b", now=LATE))
    callout, _ = did(filling.decline(callout, "b", POLICY, LATE))
    callout, facts = did(wave(callout, now=LATE))
    callout = looked_once_more(callout, LATE)
    assert (facts, next_step(callout, POLICY, LATE), callout.due_at) == (
        [],
        "nothing",
        NOW + timedelta(days=1),
    )
    assert (callout.state, callout.escalated_to) == ("escalated", "station")


def test_who_becomes_free_is_looked_at_while_a_place_is_empty():
    callout = escalated(called("a", people_needed=1))
    assert (callout.waiting, callout.due_at) == (True, NOW + timedelta(days=1))
    for nobody in ((), ("a",), ("acc_p",)):
        assert filling.look_again(callout, nobody, POLICY, LATE) is None
    again, facts = did(filling.look_again(callout, ("a", "n"), POLICY, LATE))
    assert (facts, again.due_at, next_step(again, POLICY, LATE)) == ([], LATE, "wave")
    assert filling.look_again(again, ("m",), POLICY, LATE) is None, "it is due already"
    nobody, _ = did(wave(again, now=LATE, recorded=False))
    assert (nobody.due_at, nobody.waves) == (NOW + timedelta(days=1), again.waves)
    assert wave(again, "n", now=LATE, recorded=False) is None
    _, facts = did(wave(again, "n", now=LATE))
    assert names(facts) == ["WaveCalled"]
    assert filling.look_again(accepted("a", "b"), ("n",), POLICY, LATE) is None


def test_who_becomes_free_during_a_search_is_looked_at_by_another_one():
    waits = escalated(called("a", people_needed=2))
    searched, _ = did(filling.look_again(waits, ("n",), POLICY, LATE))
    soon = LATE + timedelta(milliseconds=5)
    news, _ = did(filling.look_again(searched, ("m",), POLICY, soon))
    assert wave(news, now=soon, recorded=False, searched=searched) is None, "it saw nobody"
    assert next_step(news, POLICY, soon) == "wave"
    nobody, _ = did(wave(news, now=soon, recorded=False))
    assert next_step(nobody, POLICY, soon) == "nothing"
    called_n, _ = did(wave(news, "n", now=soon, searched=searched))
    assert (called_n.held, next_step(called_n, POLICY, soon)) == (("n",), "wave"), "for m"


def test_a_place_that_falls_free_during_a_search_is_offered_to_who_was_called_before():
    callout = accepted("a", callout=called("a", "b", people_needed=2))
    searched, _ = did(filling.lapse(callout, POLICY, LATE))
    freed, _ = did(attendance.withdraw(searched, "a", POLICY, LATE))
    assert wave(freed, now=LATE, searched=searched) is None, "it left b out"
    assert next_step(freed, POLICY, LATE) == "wave"
    assert "b" not in filling.need(freed).asked


def test_who_became_free_while_the_last_wave_was_written_is_looked_for():
    """Until the write nobody sees that the call-out waits, so nobody tells it."""
    callout, _ = did(wave(opened(people_needed=1)))
    again = NOW + timedelta(seconds=POLICY.look_again_s)
    assert (callout.waiting, callout.due_at) == (True, NOW)
    callout, _ = did(filling.escalate(callout, (), POLICY, NOW, to_station=False))
    assert (callout.due_at, next_step(callout, POLICY, again)) == (again, "wave")
    found, facts = did(wave(callout, "n", now=again))
    assert (names(facts), found.held) == (["WaveCalled"], ("n",))
    nobody = looked_once_more(callout, NOW)
    assert nobody.due_at == NOW + timedelta(days=1), "once, not without end"


def test_who_rests_is_looked_at_again_afterwards_whoever_was_told_meanwhile():
    rested = LATE + timedelta(minutes=10)
    callout, _ = did(wave(opened(people_needed=1), rested_at=rested))
    assert next_step(callout, POLICY, NOW) == "leader"
    callout, _ = did(filling.escalate(callout, (), POLICY, NOW, to_station=False))
    callout, _ = did(wave(callout, now=SOON, recorded=False, rested_at=rested))
    assert (callout.due_at, next_step(callout, POLICY, rested)) == (rested, "wave")
    callout, facts = did(wave(callout, "r", now=rested))
    assert (names(facts), callout.free_at) == (["WaveCalled"], None)


def test_a_call_that_is_open_when_somebody_becomes_free_has_its_time():
    callout = escalated(called("a", people_needed=1))
    callout, _ = did(filling.call_manually(callout, [named(callout, "h", LATE)], POLICY, LATE))
    callout, _ = did(filling.look_again(callout, ("n",), POLICY, LATE))
    assert next_step(callout, POLICY, LATE) == "nothing"
    callout, _ = did(filling.decline(callout, "h", POLICY, LATE))
    assert next_step(callout, POLICY, LATE) == "wave"
