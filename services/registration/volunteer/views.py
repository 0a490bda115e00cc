"""What readers see of a volunteer. A file of its own because `api.py` would exceed 300 lines with
it."""

from datetime import datetime
from typing import Any, Self

from chassis.http.paging import Page
from chassis.http.schemas import PartialView, View
from contracts import ids
from contracts.access import Principal
from contracts.vocabulary import Role, Skill, Standing
from services.registration.account.domain import (
    Account,
    Proposal,
    ProposedChange,
    StandingEntry,
    StationProposalState,
    Volunteer,
)
from services.registration.account.personal import PersonalData

_SHOWN = {"standing", "station", "area", "squad", "skills", "applied_at"}


class StandingEntryView(View):
    """`by` and `reason` are for officers of the area; one's own reason is shown."""

    at: datetime
    by: ids.ActorId | None
    standing: Standing
    reason: str | None


class ProposalView(View):
    id: ids.ProposalId
    what: ProposedChange
    by: ids.AccountId
    by_role: Role
    at: datetime
    reason: str
    state: StationProposalState
    ended_at: datetime | None


class NumberClaimView(View):
    """Somebody else applied to `station` with the same ID number."""

    account: ids.AccountId
    station: ids.StationId
    at: datetime


class VolunteerView(PartialView):
    """`name` is hidden unless the request reads it, which is logged."""

    id: ids.AccountId
    standing: Standing
    station: ids.StationId
    area: ids.AreaCode
    squad: ids.SquadId | None
    skills: tuple[Skill, ...]
    birth_year: int | None
    applied_at: datetime
    name: str | None

    @classmethod
    def of(cls, account: Account, personal: PersonalData, named: bool = False) -> Self:
        name = personal.name_of(account) if named else None
        return cls(**_fields(account, name), hidden=() if named else ("name",))


class VolunteerDetailView(VolunteerView):
    """With phone and history. `proposals`: all to officers of the area; to others those that they
    made themselves, and nobody reads who proposed what about them, an officer neither.
    `number_claims` are for officers of the area."""

    phone: str
    history: list[StandingEntryView]
    proposals: list[ProposalView]
    number_claims: list[NumberClaimView] | None

    @classmethod
    def shown_to(cls, who: Principal, account: Account, personal: PersonalData) -> Self:
        volunteer, is_own = _volunteer(account), account.id == who.subject
        decides = not is_own and who.may("volunteer.decide", volunteer.area)

        def plain(entry: StandingEntry | Proposal, *, by: bool, reason: bool) -> dict[str, Any]:
            words = entry.reason and personal.decrypt(entry.reason, "reason", account.id)
            shown = {"by": entry.by if by else None, "reason": words if reason else None}
            return entry.model_dump() | shown

        return cls(
            **_fields(account, personal.name_of(account)),
            phone=personal.phone_of(account),
            history=[
                StandingEntryView(**plain(entry, by=decides, reason=decides or is_own))
                for entry in volunteer.history
            ],
            proposals=[
                ProposalView(**plain(proposal, by=True, reason=True))
                for proposal in volunteer.proposals
                if decides or proposal.by == who.subject
            ],
            number_claims=[NumberClaimView(**vars(c)) for c in account.number_claims]
            if decides
            else None,
            hidden=_hidden(decides=decides, is_own=is_own),
        )


def _hidden(*, decides: bool, is_own: bool) -> tuple[str, ...]:
    if decides:
        return ()
    reason = () if is_own else ("history.reason",)
    return ("history.by", *reason, "number_claims")


def _fields(account: Account, name: str | None) -> dict[str, Any]:
    own = {"id": account.id, "birth_year": account.birth_year, "name": name}
    return _volunteer(account).model_dump(include=_SHOWN) | own


def _volunteer(account: Account) -> Volunteer:
    if account.volunteer is None:
        raise ValueError("not a volunteer")
    return account.volunteer


class VolunteerPage(Page[VolunteerView]):
    """By id."""
