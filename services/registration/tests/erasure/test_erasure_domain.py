"""Asking to be erased, waiting, and what is left in the end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.events.registration import (
    GrantsChanged,
    PersonErased,
    SessionRevoked,
    VolunteerStandingChanged,
)
from services.registration.account.domain import Account, HeldGrant
from services.registration.erasure import domain
from services.registration.policy import POLICIES
from services.registration.sign_in.domain import session as sessions
from services.registration.volunteer.domain import Application, apply, approve

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)
SEALED = ("sealed phone", "sealed name", "sealed number", "number key", "1961", "370104009008")


def volunteer() -> Account:
    session = sessions.new_session("ses_1", "salt", NOW, POLICY)
    account, _ = sessions.sign_up("acc_1", "sealed phone", "phone key", session, "code_1")
    application = Application(
        station="sta_1",
        area="370104009008",
        birth_year=1961,
        skills=("care",),
        squad=None,
        name="sealed name",
        id_number="sealed number",
        id_number_key="number key",
    )
    applied = apply(account, application, NOW)
    assert applied is not None
    approved = approve(applied[0], "acc_officer", None, NOW)
    assert approved is not None
    return approved[0]


def asked(account: Account, code: str | None = "code_2") -> Account:
    decision = domain.ask(account, code, NOW, POLICY)
    assert decision is not None
    return decision[0]


def test_asking_ends_all_sessions_and_erases_nothing_yet():
    decision = domain.ask(volunteer(), "code_2", NOW, POLICY)
    assert decision is not None
    account, facts = decision
    assert [type(fact) for fact in facts] == [SessionRevoked]
    assert (account.sessions, account.phone) == ((), "sealed phone")
    assert domain.ask(account, "code_3", NOW, POLICY) is None
    assert domain.erase(account, NOW + timedelta(hours=71)) is None


def test_the_code_of_a_sign_in_confirms_nothing():
    with pytest.raises(Refusal, match="code_wrong"):
        domain.ask(volunteer(), "code_1", NOW, POLICY)


def test_the_confirming_code_opens_no_session():
    account = asked(volunteer())
    session = sessions.new_session("ses_2", "salt", NOW, POLICY)
    with pytest.raises(Refusal, match="code_wrong"):
        sessions.sign_in(account, session, "code_2", NOW, POLICY)


@given(st.integers(0, 200))
def test_a_sign_in_in_time_cancels_it(hours: int):
    at = NOW + timedelta(hours=hours)
    account = asked(volunteer())
    session = sessions.new_session("ses_2", "salt", at, POLICY)
    erased = domain.erase(account, at)
    if hours >= POLICY.erasure_wait_hours:
        assert erased is not None
        with pytest.raises(Refusal, match="code_wrong"):
            sessions.sign_in(erased[0], session, "code_3", at, POLICY)
    else:
        assert erased is None
        back, _ = sessions.sign_in(account, session, "code_3", at, POLICY)
        assert back.erasure is None
        assert domain.erase(back, at + timedelta(days=900)) is None


def test_what_is_left_says_only_when():
    due = NOW + timedelta(hours=72)
    decision = domain.erase(asked(volunteer()), due)
    assert decision is not None
    left, facts = decision
    kept = left.model_dump_json()
    assert not [words for words in SEALED if words in kept]
    assert (left.volunteer, left.grants, left.erased_at) == (None, (), due)
    assert [one.standing for one in left.standings] == ["applied", "approved"]
    kinds = [type(fact) for fact in facts]
    assert kinds == [GrantsChanged, VolunteerStandingChanged, PersonErased], "the last one stays"
    said = "".join(fact.model_dump_json() for fact in facts)
    assert not [words for words in SEALED if words in said]
    assert domain.erase(left, due + timedelta(days=1)) is None
    with pytest.raises(Refusal, match="not_found"):
        domain.ask(left, None, due, POLICY)


def test_who_holds_an_office_gives_it_back_first():
    desk = HeldGrant(role="city_desk", area="3701", source="hand", given_by="system")
    holder = volunteer().with_(grants=(desk,))
    for code in ("code_2", None):
        with pytest.raises(Refusal, match="erasure_holds_role"):
            domain.ask(holder, code, NOW, POLICY)
    given = asked(volunteer())
    decision = domain.erase(given.with_(grants=(desk,)), NOW + timedelta(hours=72))
    assert decision is not None
    assert (decision[0].erasure, decision[0].erased_at, decision[1]) == (None, None, [])
