"""What is taken back holds at once, whatever a token that is still good says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.domain import Refusal
from chassis.identity.revocations import KEPT_SECONDS, Revocations
from chassis.kafka.subscriptions import Message
from contracts.access import Grant, Principal
from contracts.events.registration import GrantsChanged, SessionRevoked

MORNING = datetime(2026, 3, 5, 1, tzinfo=UTC)
MESSAGE = Message("account/acc_1/1", "acc_1", 1, MORNING)
OFFICER, RESIDENT = (
    Grant(role="officer", area="370104009"),
    Grant(role="resident", area="3701"),
)


class SetClock:
    def __init__(self) -> None:
        self.passed = 0.0

    def real(self) -> float:
        return MORNING.timestamp() + self.passed

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=self.passed)


class Heard:
    def __init__(self, bound: int = 100) -> None:
        self.clock: Any = SetClock()
        self.revocations = Revocations(self.clock, bound)

    async def session(self, session: str) -> None:
        event = SessionRevoked(account="acc_1", session=session, reason="signed_out")
        await self.revocations.on_session_revoked(event, MESSAGE)

    async def grants(self, version: int, *grants: Grant, account: str = "acc_1") -> None:
        event = GrantsChanged(account=account, grants=grants, account_version=version)
        await self.revocations.on_grants_changed(event, MESSAGE)

    def refusal(self, who: Principal) -> str | None:
        try:
            self.revocations.apply(who)
        except Refusal as refusal:
            return refusal.code
        return None

    def may(self, who: Principal) -> bool:
        return self.revocations.apply(who).may("report.manage", "370104009")


@pytest.fixture
def heard() -> Heard:
    return Heard()


def officer(version: int = 4, session: str = "ses_1", issued: float | None = None) -> Principal:
    return Principal(
        subject="acc_1",
        session=session,
        grants=(OFFICER, RESIDENT),
        version=version,
        issued=MORNING.timestamp() if issued is None else issued,
    )


async def test_a_revoked_session_is_over_and_the_persons_other_one_is_not(heard: Heard):
    assert heard.refusal(officer()) is None
    await heard.session("ses_1")
    assert heard.refusal(officer()) == "session_ended"
    assert heard.refusal(officer(session="ses_2")) is None


async def test_a_role_that_was_taken_back_is_gone_at_once(heard: Heard):
    assert heard.may(officer())
    await heard.grants(5, RESIDENT)
    assert not heard.may(officer())
    assert heard.revocations.apply(officer()).has("resident")


async def test_a_role_that_was_given_is_there_at_once(heard: Heard):
    resident = officer().with_grants((RESIDENT,))
    assert not heard.may(resident)
    await heard.grants(5, OFFICER, RESIDENT)
    assert heard.may(resident)


async def test_a_newer_token_counts_more_than_an_older_change(heard: Heard):
    await heard.grants(5, RESIDENT)
    assert heard.may(officer(version=5))
    assert heard.may(officer(version=6))


async def test_changes_that_come_in_the_wrong_order_give_the_latest(heard: Heard):
    await heard.grants(6, RESIDENT)
    await heard.grants(5, OFFICER)
    assert not heard.may(officer())


async def test_a_grant_that_was_given_for_a_time_ends_with_it(heard: Heard):
    await heard.grants(
        5, OFFICER.model_copy(update={"until": MORNING + timedelta(seconds=60)}), RESIDENT
    )
    assert heard.may(officer())
    heard.clock.passed = 61
    assert not heard.may(officer())


async def test_what_no_token_in_use_can_be_of_is_forgotten(heard: Heard):
    await heard.session("ses_1")
    await heard.grants(5, RESIDENT)
    heard.clock.passed = KEPT_SECONDS + 1
    await heard.session("ses_2")
    await heard.grants(5, RESIDENT, account="acc_2")
    assert heard.refusal(officer()) is None
    assert heard.may(officer())


@pytest.mark.parametrize("kind", ["session", "grants"])
async def test_without_room_older_tokens_are_renewed_and_nothing_is_let_through(kind: str):
    heard = Heard(bound=2)
    revoked = officer(session="ses_0") if kind == "session" else officer()
    for number in range(3):
        heard.clock.passed = number
        if kind == "session":
            await heard.session(f"ses_{number}")
        else:
            await heard.grants(5, RESIDENT, account=f"acc_{number + 1}")
    heard.clock.passed = 10
    assert heard.refusal(officer(session="ses_9", issued=heard.clock.real())) is None
    heard.clock.passed = 0
    before = revoked.model_copy(update={"issued": heard.clock.real() - 1})
    assert heard.refusal(before) == "token_invalid"
