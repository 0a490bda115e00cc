"""Sessions under any order of refreshes, repeats and thefts; and what a code is good for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.events.registration import AccountOpened, SessionRevoked
from services.registration.account.domain import Account
from services.registration.session import domain
from services.registration.sign_in_code.domain import (
    LIFE,
    PAUSE,
    PER_DAY,
    TRIES,
    IssuedCode,
    day_of,
    refusal,
    verdict,
)

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


def signed_up() -> Account:
    account, events = domain.sign_up(
        "acc_1", "sealed", domain.new_session("ses_1", "salt", NOW), "code_1"
    )
    assert [type(event) for event in events] == [AccountOpened]
    return account


def turn(account: Account, session: str = "ses_1") -> int:
    found = account.session(session)
    assert found is not None
    return found.turn


def test_whoever_signs_up_is_a_resident_of_the_city() -> None:
    assert [(grant.role, grant.area) for grant in signed_up().grants] == [("resident", "3701")]


@given(st.lists(st.integers(min_value=1, max_value=6), max_size=12))
def test_only_the_present_turn_refreshes_and_a_used_one_ends_the_session(turns: list[int]) -> None:
    account = signed_up()
    for asked in turns:
        present = turn(account)
        if asked > present:  # a token that was never made
            with pytest.raises(Refusal, match="session_ended"):
                domain.refresh(account, "ses_1", asked, NOW)
            continue
        account, events = domain.refresh(account, "ses_1", asked, NOW)
        if asked < present:
            assert account.session("ses_1") is None
            assert events == [
                SessionRevoked(account="acc_1", session="ses_1", reason="token_reused")
            ]
            with pytest.raises(Refusal, match="session_ended"):
                domain.refresh(account, "ses_1", asked, NOW)
            return
        assert turn(account) == present + 1


def test_a_session_lapses_when_it_is_not_refreshed() -> None:
    account = signed_up()
    later = NOW + domain.LIFE - timedelta(seconds=1)
    kept, _ = domain.refresh(account, "ses_1", 1, later)
    with pytest.raises(Refusal):
        domain.refresh(account, "ses_1", 1, NOW + domain.LIFE)
    assert domain.refresh(kept, "ses_1", 2, NOW + domain.LIFE)[0].session("ses_1") is not None


def test_a_code_opens_one_session() -> None:
    account = signed_up()
    with pytest.raises(Refusal, match="code_wrong"):
        domain.sign_in(account, domain.new_session("ses_1", "other", NOW), "code_1", NOW)
    again, _ = domain.sign_in(account, domain.new_session("ses_2", "salt", NOW), "code_2", NOW)
    assert [session.id for session in again.sessions] == ["ses_1", "ses_2"]


def test_the_eleventh_session_ends_the_one_refreshed_longest_ago() -> None:
    account = signed_up()
    for n in range(2, domain.MOST + 1):
        at = NOW + timedelta(minutes=n)
        account, _ = domain.sign_in(
            account, domain.new_session(f"ses_{n}", "salt", at), f"code_{n}", at
        )
    account, _ = domain.refresh(account, "ses_1", 1, NOW + timedelta(hours=1))
    last = NOW + timedelta(hours=2)
    account, events = domain.sign_in(
        account, domain.new_session("ses_11", "salt", last), "code_11", last
    )
    assert len(account.sessions) == domain.MOST
    assert events == [SessionRevoked(account="acc_1", session="ses_2", reason="replaced")]


def test_ended_sessions_make_room_without_an_event() -> None:
    account = signed_up()
    later = NOW + domain.LIFE
    account, events = domain.sign_in(
        account, domain.new_session("ses_2", "salt", later), "code_2", later
    )
    assert ([session.id for session in account.sessions], list(events)) == (["ses_2"], [])


def test_signing_out_twice_is_signing_out_once() -> None:
    account, events = domain.end(signed_up(), "ses_1", "signed_out") or (signed_up(), [])
    assert (account.sessions, len(events)) == ((), 1)
    assert domain.end(account, "ses_1", "signed_out") is None


def issued(**more: object) -> IssuedCode:
    fields = {
        "code": "c",
        "hash": "right",
        "sent_at": NOW,
        "expires_at": NOW + LIFE,
        "tries": 1,
        "day": day_of(NOW),
        "sent_today": 1,
    }
    return IssuedCode.model_validate(fields | more)


@given(
    st.integers(min_value=1, max_value=20), st.integers(min_value=0, max_value=1200), st.booleans()
)
def test_a_code_is_right_within_its_tries_and_its_time(
    tries: int, seconds: int, guessed: bool
) -> None:
    found = verdict(
        issued(tries=tries), "right" if guessed else "wrong", NOW + timedelta(seconds=seconds)
    )
    if seconds >= LIFE.total_seconds():
        assert found == "wrong"
    elif tries > TRIES:
        assert found == "tries_used"
    else:
        assert found == ("right" if guessed else "wrong")


def test_a_phone_that_asked_for_no_code_gets_the_same_answer_as_a_wrong_one() -> None:
    assert verdict(None, "right", NOW) == "wrong"


def test_one_code_a_minute_and_ten_a_day_of_jinan() -> None:
    assert refusal(issued(), NOW + timedelta(seconds=20)) == ("code_too_soon", 40)
    assert refusal(issued(), NOW + PAUSE) is None
    full = issued(sent_today=PER_DAY)
    assert refusal(full, NOW + PAUSE) == ("code_too_many", 8 * 3600 - 60), (
        "Jinan's midnight is at 16:00 UTC"
    )
    assert refusal(full, NOW + timedelta(hours=8)) is None
    assert day_of(NOW + timedelta(hours=8)) == "2026-03-06"
