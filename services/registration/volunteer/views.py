"""A volunteer as officers and leaders see one."""

from datetime import datetime

from pydantic import BaseModel

from contracts.vocabulary import Role, Skill, Standing
from services.registration.account.domain import Account, Volunteer
from services.registration.account.personal import Personal


class EntryView(BaseModel):
    at: datetime
    by: str
    standing: Standing
    reason: str | None = None


class ProposalView(BaseModel):
    id: str
    what: str
    by: str
    by_role: Role
    at: datetime
    reason: str


class VolunteerView(BaseModel):
    """Without name, phone and history unless somebody looks at the person."""

    id: str
    standing: Standing
    station: str
    area: str
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    birth_year: int | None = None
    applied_at: datetime
    name: str | None = None


class PersonView(VolunteerView):
    phone: str
    history: list[EntryView]
    proposals: list[ProposalView]


class VolunteersView(BaseModel):
    """`next`: the cursor of the page that follows, if there is one."""

    volunteers: list[VolunteerView]
    next: str | None = None


def volunteer_view(account: Account, personal: Personal, named: bool = False) -> VolunteerView:
    return VolunteerView(
        id=account.id,
        birth_year=account.birth_year,
        name=personal.name_of(account) if named else None,
        **_facts(account).model_dump(include=_SHOWN),
    )


def person_view(account: Account, personal: Personal) -> PersonView:
    facts = _facts(account)

    def reason(sealed: str | None) -> str | None:
        return None if sealed is None else personal.unseal(sealed, "reason", account.id)

    return PersonView(
        id=account.id,
        birth_year=account.birth_year,
        name=personal.name_of(account),
        phone=personal.phone_of(account),
        history=[
            EntryView.model_validate(e.model_dump() | {"reason": reason(e.reason)})
            for e in facts.history
        ],
        proposals=[
            ProposalView.model_validate(p.model_dump() | {"reason": reason(p.reason)})
            for p in facts.proposals
        ],
        **facts.model_dump(include=_SHOWN),
    )


_SHOWN = {"standing", "station", "area", "squad", "skills", "applied_at"}


def _facts(account: Account) -> Volunteer:
    if account.volunteer is None:
        raise ValueError("not a volunteer")
    return account.volunteer
