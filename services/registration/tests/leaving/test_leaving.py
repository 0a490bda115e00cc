"""What volunteers end by themselves, and what stays."""

from datetime import UTC, datetime

import pytest

from chassis.domain import Refusal
from services.registration.account import domain as accounts
from services.registration.account.domain import Account, new_account
from services.registration.squad import domain as squads
from services.registration.volunteer import domain
from services.registration.volunteer.domain import Application

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
FORM = Application(
    station="sta_duandian",
    area="370104009008",
    name="sealed",
    id_number="sealed",
    id_number_key="key",
    birth_year=1961,
    squad="squ_01",
)


def applicant() -> Account:
    return domain.apply(new_account("acc_1", "sealed"), FORM, NOW)[0]


def volunteer() -> Account:
    return domain.approve(applicant(), "acc_officer", None, NOW)[0]


def leader() -> Account:
    led = squads.lead(volunteer(), "squ_01", "sta_duandian", "acc_officer", NOW)
    assert led is not None
    return led[0]


def test_who_goes_by_themselves_frees_their_id_number_and_may_come_back() -> None:
    for gone, _ in (domain.withdraw(applicant(), NOW), domain.leave(volunteer(), NOW)):
        assert (gone.id_number, gone.id_number_key) == (None, None)
        assert {grant.role for grant in gone.grants} == {"resident"}
        assert accounts.update(gone, "another name", None).name == "another name"
        back, _ = domain.apply(gone, FORM, NOW)
        assert back.volunteer is not None
        assert [entry.by for entry in back.volunteer.history][-2:] == ["acc_1", "acc_1"]


def test_a_suspension_is_not_left_behind() -> None:
    suspended, _ = domain.suspend(volunteer(), "acc_officer", "sealed", NOW)
    with pytest.raises(Refusal, match="wrong_state"):
        domain.leave(suspended, NOW)
    with pytest.raises(Refusal, match="wrong_state"):
        domain.withdraw(suspended, NOW)
    assert suspended.id_number_key == "key"


def test_a_leader_who_stops_loses_the_leader_s_role_with_the_volunteer_s() -> None:
    gone, _ = domain.leave(leader(), NOW)
    assert {grant.role for grant in gone.grants} == {"resident"}
    assert gone.volunteer is not None
    assert gone.volunteer.squad is None


def test_a_squad_is_left_by_members_alone() -> None:
    with pytest.raises(Refusal, match="leads_a_squad"):
        domain.leave_squad(leader(), NOW)
    left = domain.leave_squad(volunteer(), NOW)
    assert left is not None
    assert [(grant.role, grant.squad) for grant in left[0].grants] == [
        ("resident", None),
        ("volunteer", None),
    ]
    assert domain.leave_squad(left[0], NOW) is None, "in no squad: nothing to leave"
