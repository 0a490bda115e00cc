"""An ID number is its owner's: no impostor keeps it, and no suspension gives it up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal
from contracts.access import Grant
from services.registration.account.domain import (
    Account,
    NumberClaim,
    Proposal,
    StandingEntry,
    Volunteer,
    new_account,
)
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import Accounts
from services.registration.division.store import Divisions
from services.registration.policy import POLICIES
from services.registration.squad.store import Squads
from services.registration.station.store import Stations
from services.registration.tests.people import id_number
from services.registration.volunteer import domain
from services.registration.volunteer.handlers import VolunteerHandlers
from services.registration.volunteer.views import VolunteerDetailView

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
HERE = "370104009008"
PERSONAL = PersonalData(FieldCipher("11" * 32, "22" * 32))
NUMBER = id_number(1)
OFFICER = Principal(subject="acc_o", session="s", grants=(Grant(role="officer", area="370104"),))
LEADER = Principal(
    subject="acc_l", session="s", grants=(Grant(role="leader", area=HERE, squad="squ_1"),)
)


class Kept:
    """Accounts in memory, with the unique index of the store."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    def add(self, id: str) -> Principal:
        self.accounts[id] = new_account(id, PERSONAL.encrypt("+8612000000000", "phone", id))
        grant = Grant(role="resident", area="3701")
        return Principal(subject=id, session="s", grants=(grant,))

    async def change(self, id: str, decide: Any, _: Cause) -> Account:
        decision = decide(self.accounts[id])
        if decision is None:
            return self.accounts[id]
        changed: Account = decision[0]
        if changed.id_number_key and any(
            other.id != id and other.id_number_key == changed.id_number_key
            for other in self.accounts.values()
        ):
            raise DuplicateKey({"id_number_key": 1})
        self.accounts[id] = changed
        return changed

    async def free(self, id: str, number: str, _: Cause) -> bool:
        return self.accounts[id].id_number_key != number

    async def with_id_numbers(self, keys: Sequence[str]) -> list[Account]:
        return [account for account in self.accounts.values() if account.id_number_key in keys]


class Anything:
    """Stations, squads and divisions that know whatever is asked for."""

    async def get(self, _: str) -> Any:
        return self

    async def is_community(self, _: str) -> bool:
        return True

    def serves(self, _: str) -> bool:
        return True


def handlers(kept: Kept) -> VolunteerHandlers:
    anything = Anything()
    return VolunteerHandlers(
        cast(Accounts, kept),
        cast(Stations, anything),
        cast(Squads, anything),
        cast(Divisions, anything),
        PERSONAL,
        Clock(""),
    )


async def apply(kept: Kept, who: Principal, number: str = NUMBER) -> Account:
    return await handlers(kept).apply(
        who, "sta_1", HERE, "测试", number, (), None, Cause(f"apply:{who.subject}")
    )


def holder(kept: Kept) -> list[str]:
    key = PERSONAL.id_number_key(NUMBER)
    return [account.id for account in kept.accounts.values() if account.id_number_key == key]


def kept_volunteer(kept: Kept, id: str) -> Volunteer:
    volunteer = kept.accounts[id].volunteer
    assert volunteer is not None
    return volunteer


async def test_the_owner_applies_after_an_impostor_was_rejected() -> None:
    kept = Kept()
    impostor, owner = kept.add("acc_i"), kept.add("acc_t")
    await apply(kept, impostor)
    await handlers(kept).reject(OFFICER, "acc_i", "身份不符", Cause("r"))
    assert kept.accounts["acc_i"].id_number is None
    await apply(kept, owner)
    assert holder(kept) == ["acc_t"]


async def test_an_impostor_rejected_before_numbers_were_freed_gives_it_up_too() -> None:
    kept = Kept()
    impostor, owner = kept.add("acc_i"), kept.add("acc_t")
    applied = await apply(kept, impostor)
    assert applied.volunteer is not None
    kept.accounts["acc_i"] = applied.with_(volunteer=applied.volunteer.with_(standing="rejected"))
    await apply(kept, owner)
    assert holder(kept) == ["acc_t"]


async def test_of_two_who_wait_an_officer_decides_who_is_genuine() -> None:
    kept = Kept()
    impostor, owner = kept.add("acc_i"), kept.add("acc_t")
    await apply(kept, impostor)
    with pytest.raises(Refusal, match="id_number_taken") as refused:
        await apply(kept, owner)
    assert refused.value.values == {}, "nothing of the other person"
    with pytest.raises(Refusal, match="id_number_contested"):
        await handlers(kept).approve(OFFICER, "acc_i", None, Cause("a"))
    shown = VolunteerDetailView.shown_to(OFFICER, kept.accounts["acc_i"], PERSONAL)
    assert [(c.account, c.station) for c in shown.number_claims or []] == [("acc_t", "sta_1")]
    await handlers(kept).decide_number(OFFICER, "acc_i", "非本人证件", Cause("d"), genuine=False)
    assert kept_volunteer(kept, "acc_i").standing == "rejected"
    with pytest.raises(Refusal, match="id_number_taken"):  # before the owner comes back
        await apply(kept, impostor)
    await apply(kept, owner)
    assert holder(kept) == ["acc_t"]
    assert kept.accounts["acc_t"].number_claims == (), "who was found out claims nothing"


async def test_who_is_genuine_keeps_the_number_and_is_approved() -> None:
    kept = Kept()
    owner, impostor = kept.add("acc_t"), kept.add("acc_i")
    await apply(kept, owner)
    with pytest.raises(Refusal):
        await apply(kept, impostor)
    await handlers(kept).decide_number(OFFICER, "acc_t", "证件已核", Cause("d"), genuine=True)
    await handlers(kept).approve(OFFICER, "acc_t", None, Cause("a"))
    assert kept_volunteer(kept, "acc_t").standing == "approved"


async def test_an_impostor_who_was_approved_loses_number_and_roles() -> None:
    kept = Kept()
    impostor, owner = kept.add("acc_i"), kept.add("acc_t")
    await apply(kept, impostor)
    await handlers(kept).approve(OFFICER, "acc_i", None, Cause("a"))
    with pytest.raises(Refusal):
        await apply(kept, owner)
    await handlers(kept).decide_number(OFFICER, "acc_i", "非本人证件", Cause("d"), genuine=False)
    assert [grant.role for grant in kept.accounts["acc_i"].grants] == ["resident"]
    await apply(kept, owner)
    assert holder(kept) == ["acc_t"]


async def test_who_is_suspended_does_not_join_anew_with_another_phone() -> None:
    kept = Kept()
    suspended, same_person = kept.add("acc_s"), kept.add("acc_n")
    await apply(kept, suspended)
    await handlers(kept).approve(OFFICER, "acc_s", None, Cause("a"))
    await handlers(kept).suspend(OFFICER, "acc_s", "违反纪律", Cause("s"))
    with pytest.raises(Refusal, match="id_number_not_contested"):
        await handlers(kept).decide_number(OFFICER, "acc_s", "无", Cause("d"), genuine=False)
    with pytest.raises(Refusal, match="id_number_taken"):
        await apply(kept, same_person)
    assert holder(kept) == ["acc_s"]
    seen = VolunteerDetailView.shown_to(OFFICER, kept.accounts["acc_s"], PERSONAL)
    assert (seen.standing, len(seen.number_claims or [])) == ("suspended", 1)


@given(st.lists(st.integers(0, 20), max_size=40))
def test_claims_are_bounded_and_one_for_each_account(claimants: list[int]) -> None:
    account, policy = new_account("acc_1", "-"), POLICIES.at(NOW)
    for minutes, claimant in enumerate(claimants):
        at = NOW + timedelta(minutes=minutes)
        made = NumberClaim(account=f"acc_{claimant}", station="sta", at=at)
        account, events = domain.claim(account, made, policy)
        assert not events
        assert account.number_claims[-1] == made
    accounts = [claim.account for claim in account.number_claims]
    assert len(accounts) == len(set(accounts)) <= policy.max_number_claims


def volunteer_with_proposals() -> Account:
    """A leader proposed to suspend them; an officer once did, for a reason."""

    def words(text: str) -> str:
        return PERSONAL.encrypt(text, "reason", "acc_v")

    proposals = tuple(
        Proposal(
            id=f"prp_{by}",
            what="suspend",
            by=by,
            by_role="leader",
            at=NOW,
            reason=words(f"by {by}"),
        )
        for by in ("acc_l", "acc_m")
    )
    entry = StandingEntry(at=NOW, by="acc_o", standing="suspended", reason=words("违反纪律"))
    volunteer = Volunteer(
        station="sta",
        area=HERE,
        standing="approved",
        squad="squ_1",
        applied_at=NOW,
        history=(entry,),
        proposals=proposals,
    )
    phone = PERSONAL.encrypt("+8612000000000", "phone", "acc_v")
    return new_account("acc_v", phone).with_(volunteer=volunteer)


def test_only_officers_read_who_proposed_what_and_each_proposer_their_own() -> None:
    account = volunteer_with_proposals()
    by_officer = VolunteerDetailView.shown_to(OFFICER, account, PERSONAL)
    assert [p.reason for p in by_officer.proposals] == ["by acc_l", "by acc_m"]
    assert [(e.by, e.reason) for e in by_officer.history] == [("acc_o", "违反纪律")]
    assert by_officer.hidden == ()
    by_leader = VolunteerDetailView.shown_to(LEADER, account, PERSONAL)
    assert [p.by for p in by_leader.proposals] == ["acc_l"]
    assert [(e.by, e.reason) for e in by_leader.history] == [(None, None)]
    assert by_leader.hidden == ("history.by", "history.reason", "number_claims")
    assert by_leader.number_claims is None


@pytest.mark.parametrize("role", ["leader", "officer"])
def test_nobody_reads_who_proposed_to_suspend_them(role: Any) -> None:
    own = Principal(
        subject="acc_v", session="s", grants=(Grant(role=role, area="370104", squad="squ_1"),)
    )
    shown = VolunteerDetailView.shown_to(own, volunteer_with_proposals(), PERSONAL)
    assert shown.proposals == []
    assert [(e.by, e.reason) for e in shown.history] == [(None, "违反纪律")]
