"""Nothing that waits for a decision waits for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.events.registration import (
    ApplicationOverdue,
    VolunteerProposalLapsed,
    VolunteerStandingChanged,
)
from services.registration.account.domain import Account, NumberClaim, Proposal, new_account
from services.registration.application import domain
from services.registration.policy import POLICIES
from services.registration.volunteer import domain as volunteers
from services.registration.volunteer.domain import Application

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)
POLICY = POLICIES.at(MONDAY)
FORM = Application(
    station="sta_duandian",
    area="370104009008",
    name="sealed",
    id_number="sealed",
    id_number_key="key",
    birth_year=1961,
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def applied(at: datetime = MONDAY) -> Account:
    return volunteers.apply(new_account("acc_1", "sealed"), FORM, at)[0]


def proposed(account: Account, at: datetime, id: str = "prp_1") -> Account:
    proposal = Proposal(
        id=id, what="approve", by="acc_leader", by_role="leader", at=at, reason="sealed"
    )
    return volunteers.propose(account, proposal, POLICY)[0]


def step(account: Account, now: datetime, **watch: str) -> tuple[Account, list[object]]:
    on_watch = {name.removeprefix("of_"): who for name, who in watch.items()}
    decision = domain.on_due(account, on_watch, "sealed words", POLICY, now)
    return (account, []) if decision is None else (decision[0], list(decision[1]))


def test_the_stations_watch_then_the_district_is_told_once_each() -> None:
    account, said = step(applied(), MONDAY + 3 * DAY - HOUR)
    assert said == []
    account, (told,) = step(account, MONDAY + 3 * DAY, of_370104009="acc_watch")
    assert isinstance(told, ApplicationOverdue)
    assert (told.level, told.to) == ("370104009", ("acc_watch",))
    account, said = step(account, MONDAY + 3 * DAY + HOUR)
    assert said == []
    account, (told,) = step(account, MONDAY + 7 * DAY)  # five working days
    assert isinstance(told, ApplicationOverdue)
    assert (told.level, told.to) == ("370104", ()), "all officers, where nobody has the watch"
    assert step(account, MONDAY + 8 * DAY)[1] == []


def test_a_weekend_is_no_working_day() -> None:
    assert step(applied(FRIDAY), FRIDAY + 4 * DAY)[1] == []
    assert len(step(applied(FRIDAY), FRIDAY + 5 * DAY)[1]) == 1


def test_at_the_end_it_lapses_and_the_applicant_may_apply_anew() -> None:
    now = MONDAY + timedelta(days=POLICY.application_lapse_days)
    account, (said,) = step(applied(), now)
    assert isinstance(said, VolunteerStandingChanged)
    assert (said.standing, said.lapsed) == ("rejected", True)
    assert account.volunteer is not None
    assert account.volunteer.decision is not None
    assert account.volunteer.decision.reason == "sealed words", "they read why"
    assert account.id_number_key is None, "the number is free"
    again, _ = volunteers.apply(account, FORM, now + HOUR)
    assert again.volunteer is not None
    assert (again.volunteer.standing, again.volunteer.told) == ("applied", ())


def test_a_proposal_lapses_unless_the_station_decides() -> None:
    waits = proposed(applied(), MONDAY)
    end = MONDAY + timedelta(days=POLICY.proposal_days)
    lapsed, said = step(waits, end)
    assert [one.by for one in said if isinstance(one, VolunteerProposalLapsed)] == ["acc_leader"]
    assert lapsed.volunteer is not None
    assert [one.state for one in lapsed.volunteer.proposals] == ["lapsed"]
    decided, _ = volunteers.approve(waits, "acc_officer", None, MONDAY + HOUR)
    assert decided.volunteer is not None
    assert [one.state for one in decided.volunteer.proposals] == ["decided"]
    assert step(decided, end)[1] == []


def test_a_claim_that_nobody_looked_into_lapses() -> None:
    account, _ = volunteers.approve(applied(), "acc_officer", None, MONDAY)
    claim = NumberClaim(account="acc_2", station="sta_duandian", at=MONDAY)
    contested, _ = volunteers.claim(account, claim, POLICY)
    end = MONDAY + timedelta(days=POLICY.number_claim_days)
    assert step(contested, end - HOUR)[0].number_claims == (claim,)
    assert step(contested, end)[0].number_claims == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["approve", "reject", "suspend", "propose"]), st.integers(0, 60)),
        max_size=8,
    )
)
def test_whatever_is_decided_time_alone_ends_all_that_waits(steps: list[tuple[str, int]]) -> None:
    account, now = applied(), MONDAY
    for n, (what, days) in enumerate(steps):
        now += timedelta(days=days)
        account, _ = step(account, now)
        try:
            if what == "propose":
                account = proposed(account, now, f"prp_{n}")
            elif what == "approve":
                account, _ = volunteers.approve(account, "acc_officer", None, now)
            else:
                decide = {"reject": volunteers.reject, "suspend": volunteers.suspend}[what]
                account, _ = decide(account, "acc_officer", "sealed", now)
        except Refusal:
            continue
    longest = max(POLICY.application_lapse_days, POLICY.proposal_days, POLICY.number_claim_days)
    ended, _ = step(account, now + timedelta(days=longest))
    assert ended.volunteer is not None
    assert ended.volunteer.standing != "applied"
    assert {one.state for one in ended.volunteer.proposals} <= {"decided", "lapsed"}
    with pytest.raises(Refusal):
        volunteers.reject(ended, "acc_officer", "sealed", now)
