"""Sessions under any order of refreshes, repeats and thefts; and what a code is good for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.events.registration import AccountOpened, SessionRevoked
from services.registration.account.domain import Account
from services.registration.policy import POLICIES
from services.registration.sign_in.domain import session as domain

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)


def signed_up() -> Account:
    account, events = domain.sign_up(
        "acc_1", "sealed", "key", domain.new_session("ses_1", "salt", NOW, POLICY), "code_1"
    )
    assert [type(event) for event in events] == [AccountOpened]
    return account


def refreshed(account: Account, asked: int, now: datetime) -> Account:
    decision = domain.refresh(account, "ses_1", asked, now, POLICY)
    assert decision is not None
    return decision[0]


def turn(account: Account, session: str = "ses_1") -> int:
    found = account.session(session)
    assert found is not None
    return found.turn


def test_whoever_signs_up_is_a_resident_of_the_city() -> None:
    assert [(grant.role, grant.area) for grant in signed_up().grants] == [("resident", "3701")]


PAUSES = st.sampled_from([0, POLICY.refresh_grace_s - 1, POLICY.refresh_grace_s, 3600])


@given(st.lists(st.tuples(st.integers(min_value=1, max_value=6), PAUSES), max_size=12))
def test_only_the_present_turn_refreshes_and_a_used_one_ends_the_session(
    turns: list[tuple[int, int]],
) -> None:
    account, now, at = signed_up(), NOW, NOW
    for asked, pause in turns:
        present, now = turn(account), now + timedelta(seconds=pause)
        if asked > present:  # a token that was never made
            with pytest.raises(Refusal, match="session_ended"):
                domain.refresh(account, "ses_1", asked, now, POLICY)
            continue
        decision = domain.refresh(account, "ses_1", asked, now, POLICY)
        if asked == present - 1 and now < at + POLICY.refresh_grace:
            assert decision is None, "two tabs: the second gets what the first got"
            continue
        assert decision is not None
        account, events = decision
        if asked < present:
            assert account.session("ses_1") is None
            assert events == [
                SessionRevoked(account="acc_1", session="ses_1", reason="token_reused")
            ]
            with pytest.raises(Refusal, match="session_ended"):
                domain.refresh(account, "ses_1", asked, now, POLICY)
            return
        assert turn(account) == present + 1
        at = now


def test_a_session_lapses_when_it_is_not_refreshed() -> None:
    account = signed_up()
    lapsed = NOW + POLICY.session_lifetime
    later = lapsed - timedelta(seconds=1)
    kept = refreshed(account, 1, later)
    with pytest.raises(Refusal):
        domain.refresh(account, "ses_1", 1, lapsed, POLICY)
    assert refreshed(kept, 2, lapsed).session("ses_1") is not None


def test_a_code_opens_one_session() -> None:
    account = signed_up()
    with pytest.raises(Refusal, match="code_wrong"):
        domain.sign_in(
            account, domain.new_session("ses_1", "other", NOW, POLICY), "code_1", NOW, POLICY
        )
    again, _ = domain.sign_in(
        account, domain.new_session("ses_2", "salt", NOW, POLICY), "code_2", NOW, POLICY
    )
    assert [session.id for session in again.sessions] == ["ses_1", "ses_2"]


def test_the_eleventh_session_ends_the_one_refreshed_longest_ago() -> None:
    account = signed_up()
    for n in range(2, POLICY.max_sessions + 1):
        at = NOW + timedelta(minutes=n)
        account, _ = domain.sign_in(
            account, domain.new_session(f"ses_{n}", "salt", at, POLICY), f"code_{n}", at, POLICY
        )
    account = refreshed(account, 1, NOW + timedelta(hours=1))
    last = NOW + timedelta(hours=2)
    account, events = domain.sign_in(
        account, domain.new_session("ses_11", "salt", last, POLICY), "code_11", last, POLICY
    )
    assert len(account.sessions) == POLICY.max_sessions
    assert events == [SessionRevoked(account="acc_1", session="ses_2", reason="replaced")]


def test_ended_sessions_make_room_without_an_event() -> None:
    account = signed_up()
    later = NOW + POLICY.session_lifetime
    account, events = domain.sign_in(
        account, domain.new_session("ses_2", "salt", later, POLICY), "code_2", later, POLICY
    )
    assert ([session.id for session in account.sessions], list(events)) == (["ses_2"], [])


def test_signing_out_twice_is_signing_out_once() -> None:
    account, events = domain.end(signed_up(), "ses_1", "signed_out") or (signed_up(), [])
    assert (account.sessions, len(events)) == ((), 1)
    assert domain.end(account, "ses_1", "signed_out") is None
