"""Hours of which nothing tells the end: an officer decides, once."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.domain import Refusal
from contracts.events.dispatch import HoursChecked, VolunteerFinished
from contracts.texts import keys
from contracts.vocabulary import values_of
from services.dispatch.hours_check.domain import (
    AcceptReason,
    CheckState,
    RefuseReason,
    accept,
    refuse,
    waiting,
)

SINCE = datetime(2026, 3, 5, 8, tzinfo=UTC)
NOW = SINCE + timedelta(days=1)


def forgotten():
    example = VolunteerFinished.example | {
        "since": SINCE,
        "until": SINCE + timedelta(hours=4),
        "capped": True,
    }
    return waiting(VolunteerFinished.model_validate(example))


def test_an_officer_accepts_minutes_from_the_arrival_on():
    check, facts = accept(forgotten(), 45, "left_earlier", "acc_o", NOW)
    assert (check.state, check.minutes, check.reason) == ("accepted", 45, "left_earlier")
    (fact,) = facts
    assert isinstance(fact, HoursChecked)
    assert (fact.volunteer, fact.since, fact.minutes, fact.checked_by) == (
        "acc_5f1e",
        SINCE,
        45,
        "acc_o",
    )


def test_an_officer_refuses_all_of_it():
    check, facts = refuse(forgotten(), "not_there", "acc_o", NOW)
    assert (check.state, check.minutes, check.reason) == ("refused", 0, "not_there")
    assert isinstance(facts[0], HoursChecked)
    assert facts[0].minutes == 0


def test_no_more_than_the_limit_and_only_once_and_never_ones_own():
    assert accept(forgotten(), 240, "shown_by_records", "acc_o", NOW)[0].minutes == 240
    with pytest.raises(Refusal, match="too_many_minutes"):
        accept(forgotten(), 241, "shown_by_records", "acc_o", NOW)
    with pytest.raises(Refusal, match="own_hours"):
        accept(forgotten(), 10, "shown_by_records", "acc_5f1e", NOW)
    refused, _ = refuse(forgotten(), "not_shown", "acc_o", NOW)
    with pytest.raises(Refusal, match="wrong_state"):
        accept(refused, 10, "shown_by_records", "acc_o", NOW)


def test_every_state_and_reason_has_words():
    reasons = {*values_of(AcceptReason), *values_of(RefuseReason)}
    named = {*values_of(CheckState), *reasons}
    assert {f"hours_check.{name}" for name in named} <= keys()
    assert {f"state.{name}" for name in values_of(CheckState)} <= keys()
