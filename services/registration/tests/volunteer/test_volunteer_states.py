"""Where a volunteer stands, under any sequence of decisions: grants and standing never disagree."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.events.registration import GrantsChanged, VolunteerStandingChanged
from contracts.vocabulary import Standing
from services.registration.account import domain as accounts
from services.registration.account.domain import Account, HeldGrant, Proposal, new_account
from services.registration.grant import domain as grants
from services.registration.policy import POLICIES
from services.registration.squad import domain as squads
from services.registration.volunteer import domain
from services.registration.volunteer.domain import Application

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)
STATION, STREET = "sta_duandian", "370104009"
FORM = Application(
    station=STATION,
    area="370104009008",
    name="sealed",
    id_number="sealed",
    id_number_key="key",
    birth_year=1961,
    skills=("mediation",),
)
Decision = tuple[Account, Sequence[Event]] | None
Step = Callable[[Account], Decision]

STEPS: dict[str, Step] = {
    "apply": lambda a: domain.apply(a, FORM, NOW),
    "approve": lambda a: domain.approve(a, "acc_officer", None, NOW),
    "approve into 1": lambda a: domain.approve(a, "acc_officer", "squ_01", NOW),
    "reject": lambda a: domain.reject(a, "acc_officer", "sealed", NOW),
    "suspend": lambda a: domain.suspend(a, "acc_officer", "sealed", NOW),
    "withdraw": lambda a: domain.withdraw(a, NOW),
    "leave": lambda a: domain.leave(a, NOW),
    "leave squad": lambda a: domain.leave_squad(a, NOW),
    "move to 2": lambda a: domain.update(a, None, "squ_02", "acc_officer", NOW),
    "learn": lambda a: domain.update(a, ("care", "traffic"), None, "acc_officer", NOW),
    "lead 1": lambda a: squads.lead(a, "squ_01", STATION, "acc_officer", NOW),
    "lead 2": lambda a: squads.lead(a, "squ_02", STATION, "acc_officer", NOW),
    "step down 1": lambda a: squads.step_down(a, "squ_01", "acc_officer", NOW),
    "committee too": lambda a: grants.give(a, _by_hand("committee"), NOW, POLICY),
    "leader by hand": lambda a: grants.give(a, _by_hand("leader"), NOW, POLICY),
    "leader taken": lambda a: grants.revoke(a, "leader", STREET, "acc_officer", NOW),
}
ALLOWED: dict[Standing | None, dict[str, Standing]] = {
    None: {"apply": "applied"},
    "applied": {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"},
    "approved": {"suspend": "suspended", "leave": "left"},
    "suspended": {"approve": "approved"},
    "rejected": {"apply": "applied"},
    "withdrawn": {"apply": "applied"},
    "left": {"apply": "applied"},
}


def _by_hand(role: str) -> HeldGrant:
    return HeldGrant.model_validate(
        {
            "role": role,
            "area": STREET,
            "squad": "squ_01",
            "source": "hand",
            "given_by": "acc_officer",
        }
    )


def account() -> Account:
    return new_account("acc_1", "sealed")


def standing(of: Account) -> Standing | None:
    return of.volunteer.standing if of.volunteer else None


def after(*steps: str) -> Account:
    state = account()
    for step in steps:
        decision = STEPS[step](state)
        assert decision is not None
        state = decision[0]
    return state


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_whatever_is_decided_grants_follow_from_the_standing(steps: list[str]) -> None:
    state = account()
    said, granted = None, state_grants(state)
    for step in steps:
        try:
            decision = STEPS[step](state)
        except Refusal:
            continue
        if decision is None:
            continue
        state, events = decision
        for event in events:
            if isinstance(event, VolunteerStandingChanged):
                said = event
            if isinstance(event, GrantsChanged):
                granted = event.grants
        _holds(state)
        assert granted == state_grants(state), "whoever follows the events knows the grants"
        if state.volunteer is not None:
            assert said is not None
            assert (said.standing, said.squad, said.skills) == (
                state.volunteer.standing,
                state.volunteer.squad,
                state.volunteer.skills,
            )


def state_grants(state: Account) -> tuple[object, ...]:
    return tuple(grant.contract() for grant in state.grants)


def _holds(state: Account) -> None:
    roles = [grant.role for grant in state.grants]
    approval = [grant for grant in state.grants if grant.source == "approval"]
    assert roles.count("resident") == 1
    assert len(approval) == (1 if standing(state) == "approved" else 0)
    if approval:
        assert state.volunteer is not None
        assert (approval[0].area, approval[0].squad) == (STREET, state.volunteer.squad)
    if standing(state) != "approved":
        assert not {"volunteer", "leader"} & set(roles)
    named = [grant for grant in state.grants if grant.source == "squad"]
    assert len(named) <= 1
    if named:
        assert state.volunteer is not None
        assert named[0].squad == state.volunteer.squad


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=20))
def test_the_history_only_grows_and_tells_each_standing(steps: list[str]) -> None:
    state = account()
    for step in steps:
        before = state.volunteer.history if state.volunteer else ()
        try:
            decision = STEPS[step](state)
        except Refusal:
            continue
        if decision is not None:
            state = decision[0]
            history = state.volunteer.history if state.volunteer else ()
            assert history[: len(before)] == before
            assert not history or history[-1].standing == standing(state)


@pytest.mark.parametrize("start", ALLOWED)
@pytest.mark.parametrize("step", ["apply", "approve", "reject", "suspend", "withdraw", "leave"])
def test_only_the_steps_of_the_table_are_taken(start: Standing | None, step: str) -> None:
    ways: dict[Standing | None, tuple[str, ...]] = {
        None: (),
        "applied": ("apply",),
        "approved": ("apply", "approve"),
        "suspended": ("apply", "approve", "suspend"),
        "rejected": ("apply", "reject"),
        "withdrawn": ("apply", "withdraw"),
        "left": ("apply", "approve", "leave"),
    }
    state = after(*ways[start])
    wanted = ALLOWED[start].get(step)
    if wanted is None:
        with pytest.raises(Refusal) as refused:
            STEPS[step](state)
        assert refused.value.code == ("not_found" if start is None else "wrong_state")
    else:
        decision = STEPS[step](state)
        assert decision is not None
        assert standing(decision[0]) == wanted


def test_a_leader_leaves_the_squad_only_after_another_is_named() -> None:
    leader = after("apply", "approve into 1", "lead 1")
    with pytest.raises(Refusal, match="leads_a_squad"):
        STEPS["move to 2"](leader)
    with pytest.raises(Refusal, match="leads_a_squad"):
        STEPS["lead 2"](leader)
    assert not after("apply", "approve into 1", "lead 1", "step down 1", "move to 2").leads()


def test_to_lead_a_squad_is_to_be_of_it() -> None:
    leader = after("apply", "approve into 1", "lead 2")
    assert leader.volunteer is not None
    assert leader.volunteer.squad == "squ_02"
    assert {grant.squad for grant in leader.grants if grant.role == "volunteer"} == {"squ_02"}


def test_nobody_leads_at_a_station_that_did_not_approve_them() -> None:
    with pytest.raises(Refusal, match="not_approved"):
        squads.lead(after("apply", "approve"), "squ_01", "sta_other", "acc_officer", NOW)


def test_who_is_back_from_suspension_serves_again_but_leads_no_more() -> None:
    back = after("apply", "approve into 1", "lead 1", "suspend", "approve")
    assert {grant.role for grant in back.grants} == {"resident", "volunteer"}


def test_what_the_station_has_checked_is_not_changed_by_oneself() -> None:
    assert accounts.update(account(), "sealed name", None).name == "sealed name"
    with pytest.raises(Refusal, match="identity_checked"):
        accounts.update(after("apply"), "another", None)
    assert accounts.update(after("apply", "reject"), None, 1970).birth_year == 1970


def test_proposals_fit_the_standing_and_are_bounded() -> None:
    def proposal(n: int) -> Proposal:
        return Proposal(
            id=f"prp_{n}", what="suspend", by="acc_2", by_role="leader", at=NOW, reason="sealed"
        )

    state = after("apply", "approve")
    for n in range(30):
        state, events = domain.propose(state, proposal(n), POLICY)
        assert not events
    assert state.volunteer is not None
    assert [p.id for p in state.volunteer.proposals][-1] == "prp_29"
    assert len(state.volunteer.proposals) == POLICY.max_proposals
    with pytest.raises(Refusal, match="wrong_state"):
        domain.propose(after("apply"), proposal(1), POLICY)


def test_grants_have_an_end() -> None:
    until = NOW + timedelta(hours=1)
    grant = _by_hand("committee").with_(until=until)
    given_, _ = grants.give(account(), grant, NOW, POLICY) or (account(), [])
    assert [held.role for held in given_.grants_at(NOW)] == ["resident", "committee"]
    assert [held.role for held in given_.grants_at(until)] == ["resident"]
    with pytest.raises(Refusal, match="until_past"):
        grants.give(account(), grant, until, POLICY)


def test_a_longer_grant_takes_the_place_of_a_shorter_one() -> None:
    short = _by_hand("committee").with_(until=NOW + timedelta(hours=1))
    first, _ = grants.give(account(), short, NOW, POLICY) or (account(), [])
    second, _ = grants.give(first, _by_hand("committee"), NOW, POLICY) or (first, [])
    assert [grant.until for grant in second.grants if grant.role == "committee"] == [None]
    gone, events = grants.revoke(second, "committee", STREET, "acc_officer", NOW) or (second, [])
    assert gone.grants == account().grants
    assert len(events) == 1
    assert grants.revoke(gone, "committee", STREET, "acc_officer", NOW) is None


@pytest.mark.parametrize("role", ["volunteer", "leader"])
def test_volunteers_roles_are_for_those_whom_the_station_approved(role: str) -> None:
    with pytest.raises(Refusal, match="not_approved"):
        grants.give(after("apply"), _by_hand(role), NOW, POLICY)
    with pytest.raises(Refusal, match="grant_follows"):
        grants.revoke(after("apply", "approve"), "volunteer", STREET, "acc_officer", NOW)
