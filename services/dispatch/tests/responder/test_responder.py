"""A volunteer's duty, standing, claim and learnt answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.domain import Refusal
from contracts.events.dispatch import DutyEnded, DutySignAsked, DutyStarted
from contracts.events.registration import VolunteerStandingChanged
from services.dispatch.availability.domain import midnight, profile
from services.dispatch.policy import POLICIES
from services.dispatch.responder import domain
from services.dispatch.responder.domain import Responder

POLICY = POLICIES.of("2026-01")
NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)


def approved(**more: Any) -> Responder:
    return Responder(id="acc_1", source=1, approved=True, station="sta_1", birth_year=1980, **more)


def on_duty(**more: Any) -> Responder:
    return approved(on_duty=True, duty_since=NOW, sign_at=NOW, **more)


def standing(standing: Any = "approved", **more: Any) -> VolunteerStandingChanged:
    fields: dict[str, Any] = {"station": "sta_1", "area": "370104009008", "birth_year": 1980} | more
    return VolunteerStandingChanged(volunteer="acc_1", standing=standing, **fields)


def test_only_the_newest_standing_counts():
    decision = domain.standing_changed(Responder(id="acc_1"), standing(skills=("care",)), 5, NOW)
    assert decision is not None
    assert (decision[0].approved, decision[0].skills, decision[0].source) == (True, ("care",), 5)
    assert domain.standing_changed(decision[0], standing("suspended"), 4, NOW) is None
    assert domain.standing_changed(decision[0], standing("suspended"), 5, NOW) is None


def test_suspended_is_off_duty_at_once():
    decision = domain.standing_changed(on_duty(), standing("suspended"), 2, NOW)
    assert decision is not None
    assert not decision[0].on_duty
    assert decision[1] == (DutyEnded(volunteer="acc_1", station="sta_1", reason="suspended"),)


def test_on_and_off_duty_by_a_tap_each_only_once():
    decision = domain.start_duty(approved(), NOW)
    assert decision is not None
    started, facts = decision
    assert facts == (DutyStarted(volunteer="acc_1", station="sta_1"),)
    assert domain.start_duty(started, NOW) is None
    ended = domain.end_duty(started, "tap", NOW)
    assert ended is not None
    assert domain.end_duty(ended[0], "tap", NOW) is None


def test_who_is_not_approved_cannot_go_on_duty():
    with pytest.raises(Refusal, match="not_a_volunteer"):
        domain.start_duty(Responder(id="acc_1"), NOW)


def test_without_a_sign_first_asked_then_off_duty():
    responder, after = on_duty(), NOW + timedelta(minutes=24, seconds=59)
    assert domain.check_silence(responder, None, after, POLICY) is None
    after = NOW + timedelta(minutes=25)
    assert domain.check_silence(responder, NOW + timedelta(minutes=1), after, POLICY) is None
    decision = domain.check_silence(responder, None, after, POLICY)
    assert decision is not None
    asked, (question,) = decision
    assert question == DutySignAsked(
        volunteer="acc_1", station="sta_1", until=NOW + timedelta(minutes=30)
    )
    assert domain.check_silence(asked, None, NOW + timedelta(minutes=29), POLICY) is None
    assert (
        domain.check_silence(
            asked, NOW + timedelta(minutes=26), NOW + timedelta(minutes=40), POLICY
        )
        is None
    )
    decision = domain.check_silence(asked, None, NOW + timedelta(minutes=30), POLICY)
    assert decision is not None
    assert decision[1] == (DutyEnded(volunteer="acc_1", station="sta_1", reason="no_sign"),)


def test_whoever_was_never_asked_is_not_taken_off_duty_however_long_it_was():
    decision = domain.check_silence(on_duty(), None, NOW + timedelta(hours=3), POLICY)
    assert decision is not None
    assert decision[0].on_duty


def test_who_is_asked_late_has_the_time_that_the_question_gives():
    decision = domain.check_silence(on_duty(), None, NOW + timedelta(hours=3), POLICY)
    assert decision is not None
    asked, (question,) = decision
    assert isinstance(question, DutySignAsked)
    assert domain.check_silence(asked, None, question.until - timedelta(seconds=1), POLICY) is None
    assert domain.check_silence(asked, None, question.until, POLICY) is not None


def test_after_an_accepted_matter_they_rest_from_its_latest_end():
    rests, _ = domain.rest(on_duty(), NOW)
    late, _ = domain.rest(rests, NOW - timedelta(minutes=5))
    assert (rests.served_until, late.served_until) == (NOW, NOW)


def test_an_acceptance_counts_for_its_day_and_is_a_sign():
    accepted, _ = domain.accept(on_duty(), "dispute", NOW)
    assert accepted.sign_at == NOW
    known = profile(accepted)
    assert known.accepted_since(midnight(NOW)) == 1
    assert known.accepted_since(midnight(NOW + timedelta(days=1))) == 0


def test_who_accepts_and_stays_away_has_not_accepted_but_had_the_place_of_the_day():
    hour = timedelta(hours=1)
    responder, _ = domain.accept(on_duty(), "dispute", NOW - hour)
    responder, _ = domain.accept(responder, "escort", NOW)
    next_matter, _ = domain.accept(responder, "dispute", NOW + 2 * hour)
    decision = domain.miss(next_matter, "escort", NOW + hour)
    assert decision is not None
    missed = decision[0]
    tally = {key: (a.asked, a.accepted) for key, a in missed.answers.items()}
    assert (tally["all"], tally["h12"], tally["k_escort"]) == ((3, 2), (1, 0), (1, 0))
    assert (tally["h11"], tally["h14"], tally["k_dispute"]) == ((1, 1), (1, 1), (2, 2))
    assert profile(missed).accepted_since(midnight(NOW)) == 3
    assert domain.miss(on_duty(), "escort", NOW) is None


def test_answers_are_learnt_overall_by_hour_and_by_kind():
    learnt = domain.count_answer(on_duty(), "dispute", NOW, accepted=True)
    learnt = domain.count_answer(learnt, "escort", NOW, accepted=False)
    tally = {key: (a.asked, a.accepted) for key, a in learnt.answers.items()}
    assert tally == {"all": (2, 1), "h12": (2, 1), "k_dispute": (1, 1), "k_escort": (1, 0)}


def test_of_somebody_erased_nothing_is_kept_and_nothing_late_brings_them_back():
    decision = domain.erase(on_duty(squad="squ_1", skills=("care",), accepted_at=(NOW,)), NOW)
    assert decision is not None
    erased, facts = decision
    assert facts == (DutyEnded(volunteer="acc_1", station="sta_1", reason="suspended"),)
    assert erased == Responder(id="acc_1", erased=True)
    assert domain.erase(erased, NOW) is None
    assert domain.standing_changed(erased, standing(), 9, NOW) is None
    with pytest.raises(Refusal, match="not_a_volunteer"):
        domain.start_duty(erased, NOW)
