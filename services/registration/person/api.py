"""people: the names behind ids, for whoever may read them; members of a squad; the account behind a
phone, for whoever gives roles."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow
from chassis.inputs.typed import Identifier
from contracts.ids import AccountId
from contracts.vocabulary import Skill
from services.registration.account.api import Personal
from services.registration.account.domain import Account
from services.registration.account.personal import PersonalData
from services.registration.person.handlers import PersonReader
from services.registration.squad.api import AccountId as AccountIdInput
from services.registration.squad.domain import SquadId

router = APIRouter(tags=["people"], route_class=PlainRoute)
Reader = Annotated[Principal, allow("person.read")]
People = Annotated[PersonReader, provided(PersonReader)]
MAX_NAMES = 100
"""Of one request."""


class PersonNameView(View):
    id: AccountId
    name: str = Field(examples=["王小明"])


class PersonNamePage(Page[PersonNameView]):
    """By id; there is one page."""


class SquadMemberView(View):
    id: AccountId
    name: str | None
    skills: tuple[Skill, ...]
    leads: bool = Field(description="Whether they lead the squad")

    @classmethod
    def of(cls, account: Account, squad: str, personal: PersonalData) -> "SquadMemberView":
        volunteer = account.volunteer
        return cls(
            id=account.id,
            name=personal.name_of(account),
            skills=volunteer.skills if volunteer else (),
            leads=account.leads(squad),
        )


class SquadMemberPage(Page[SquadMemberView]):
    """By id."""


class PhoneLookup(Body):
    phone: Identifier = Field(max_length=24, examples=["13800000000"])


class AccountOfPhoneView(View):
    """`name`: the first sign of it; null where none is known."""

    account: AccountId
    name: str | None = Field(examples=["王**"])


@router.get("/people", summary="Names beside ids")
async def list_people(
    who: Reader,
    people: People,
    ids: Annotated[list[AccountIdInput], Query(min_length=1, max_length=MAX_NAMES)],
) -> PersonNamePage:
    """Of volunteers: for officers of their area and the leader of their squad. Of officers and
    committee staff: for officers whose areas meet theirs. Others are left out. Each of them can see
    who read their name."""
    names = await people.names(who, ids)
    items = [PersonNameView(id=id, name=names[id]) for id in sorted(names)]
    return PersonNamePage(items=items, next=None)


@router.get("/squads/{id}/members")
async def list_squad_members(
    id: Annotated[SquadId, Path()],
    who: Reader,
    people: People,
    personal: Personal,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> SquadMemberPage:
    """Approved members, for the squad's leader and the station's officers. Each of them can see who
    read them."""
    found, more = await people.members(who, id, cursor or "", limit)
    items = [SquadMemberView.of(account, id, personal) for account in found]
    return SquadMemberPage(items=items, next=items[-1].id if more else None)


@router.post(
    "/accounts/by-phone",
    summary="The account of a phone",
    responses=refuses("phone_invalid", "too_many"),
)
async def find_account_by_phone(
    body: PhoneLookup,
    who: Annotated[Principal, allow("grant.give")],
    people: People,
    _: RequestCause,
) -> AccountOfPhoneView:
    """For whoever gives roles. So often in an hour and a day only, and the person can see who asked
    for them."""
    account, name = await people.by_phone(who, body.phone)
    return AccountOfPhoneView(account=account, name=name)
