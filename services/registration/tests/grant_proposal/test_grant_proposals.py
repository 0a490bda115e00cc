"""A strong role takes two people; and every change of grants is told, with who made it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.access import Grant, Principal
from contracts.events.registration import GrantProposalLapsed, GrantsChanged
from services.registration.account.domain import Account, HeldGrant, new_account
from services.registration.grant import domain as grants
from services.registration.grant_proposal import domain
from services.registration.grant_proposal.domain import GrantProposal
from services.registration.policy import POLICIES

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)
STREET = "370104009"
PROPOSAL = GrantProposal(
    id="gpr_1",
    account="acc_new",
    role="officer",
    area=STREET,
    by="acc_desk",
    why="why_1",
    at=NOW,
    expires_at=NOW + POLICY.grant_proposal,
)


@pytest.mark.parametrize("by", ["acc_desk", "acc_new"])
def test_neither_who_proposed_it_nor_who_gets_it_confirms(by: str) -> None:
    with pytest.raises(Refusal, match="not_second_person"):
        domain.confirm(PROPOSAL, by, NOW)


def test_a_proposal_lapses() -> None:
    just = PROPOSAL.expires_at - timedelta(seconds=1)
    assert domain.confirm(PROPOSAL, "acc_2", just) is not None
    for decide in (domain.confirm, domain.decline):
        with pytest.raises(Refusal, match="wrong_state"):
            decide(PROPOSAL, "acc_2", PROPOSAL.expires_at)
    assert PROPOSAL.state_at(PROPOSAL.expires_at) == "lapsed"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["confirm", "decline"]),
            st.sampled_from(["acc_desk", "acc_new", "acc_2", "acc_3"]),
            st.integers(0, 100),
        ),
        max_size=12,
    )
)
def test_whatever_comes_one_second_person_confirms_once(tries: list[tuple[str, str, int]]) -> None:
    state, confirmed = PROPOSAL, list[str]()
    for what, by, hours in sorted(tries, key=lambda one: one[2]):
        decide: Any = getattr(domain, what)
        try:
            decision = decide(state, by, NOW + timedelta(hours=hours))
        except Refusal:
            continue
        if decision is not None:
            state, events = decision
            confirmed += [event.confirmed_by for event in events]
    assert len(confirmed) <= 1
    assert (state.state == "confirmed") == bool(confirmed)
    assert not {"acc_desk", "acc_new"} & set(confirmed)


@pytest.mark.parametrize(
    ("role", "area", "decides"),
    [
        ("city_desk", "3701", True),
        ("city_desk", "370104", True),
        ("city_desk", "370102", False),
        ("officer", "3701", True),
        ("officer", "370104", False),
        ("officer", STREET, False),
        ("leader", "3701", False),
        ("operator", "3701", False),
    ],
)
def test_the_second_person_is_of_the_city_desk_or_an_officer_of_the_city(
    role: Any, area: str, decides: bool
) -> None:
    who = Principal(subject="acc_2", session="s", grants=(Grant(role=role, area=area),))
    assert domain.may_decide(who, STREET) == decides


def held(role: Any, until: datetime | None = None) -> HeldGrant:
    return HeldGrant(role=role, area=STREET, source="hand", given_by="acc_desk", until=until)


@pytest.mark.parametrize("role", ["officer", "city_desk", "operator"])
def test_one_person_shortens_a_strong_role_and_never_lengthens_it(role: Any) -> None:
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)

    def account(*grant: HeldGrant) -> Account:
        return new_account("acc_1", "-").with_(grants=grant)

    grants.require_one_person_gives(account(held(role)), held(role, soon), NOW)
    grants.require_one_person_gives(account(held(role, later)), held(role, soon), NOW)
    for has, wanted in (
        (account(), held(role)),
        (account(), held(role, soon)),
        (account(held(role, soon)), held(role, later)),
        (account(held(role, soon)), held(role)),
        (account(held(role, NOW)), held(role, NOW)),
    ):
        with pytest.raises(Refusal, match="second_person_needed"):
            grants.require_one_person_gives(has, wanted, NOW)


def test_each_change_tells_what_was_given_and_taken_by_whom() -> None:
    def changes(decision: Any) -> list[tuple[Any, ...]]:
        (event,) = decision[1]
        assert isinstance(event, GrantsChanged)
        return [(c.what, c.role, c.until, c.by, c.confirmed_by, c.why) for c in event.changes]

    until = NOW + timedelta(hours=1)
    two = PROPOSAL.grant("acc_2")
    first = grants.give(new_account("acc_new", "-"), two, NOW, POLICY)
    assert changes(first) == [("given", "officer", None, "acc_desk", "acc_2", "why_1")]
    assert first is not None
    shorter = grants.give(first[0], held("officer", until), NOW, POLICY)
    assert changes(shorter) == [("given", "officer", until, "acc_desk", None, None)]
    assert shorter is not None
    gone = grants.revoke(shorter[0], "officer", STREET, "acc_3", NOW, "why_2")
    assert changes(gone) == [("taken", "officer", until, "acc_3", None, "why_2")]


def test_an_account_has_so_many_grants_and_no_more_and_ended_ones_do_not_count() -> None:
    account = new_account("acc_1", "-")

    def one(n: int, until: datetime | None) -> HeldGrant:
        area = f"370104{n:03d}"
        return HeldGrant(role="committee", area=area, source="hand", given_by="acc_d", until=until)

    until = NOW + timedelta(hours=1)
    for n in range(POLICY.max_grants - 1):
        account, _ = grants.give(account, one(n, until), NOW, POLICY) or (account, [])
    assert len(account.grants) == POLICY.max_grants
    with pytest.raises(Refusal, match="too_many_grants") as refused:
        grants.give(account, one(999, None), NOW, POLICY)
    assert refused.value.values == {"most": POLICY.max_grants}
    again, _ = grants.give(account, one(0, None), NOW, POLICY) or (account, [])
    assert len(again.grants) == POLICY.max_grants, "another end is no further grant"
    later, _ = grants.give(account, one(999, None), until, POLICY) or (account, [])
    assert [grant.role for grant in later.grants] == ["resident", "committee"]


def test_that_it_lapsed_is_said_once_to_who_proposed_it() -> None:
    just = PROPOSAL.expires_at - timedelta(seconds=1)
    assert domain.lapse(PROPOSAL, just) is None
    decision = domain.lapse(PROPOSAL, PROPOSAL.expires_at)
    assert decision is not None
    lapsed, (said,) = decision
    assert said == GrantProposalLapsed(
        proposal="gpr_1", account="acc_new", by="acc_desk", role="officer"
    )
    assert domain.lapse(lapsed, PROPOSAL.expires_at) is None
    with pytest.raises(Refusal, match="wrong_state"):
        domain.confirm(lapsed, "acc_2", just)
