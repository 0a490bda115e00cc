"""volunteers: apply, be approved, be looked at."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import Skill, Standing
from services.registration.account.api import PersonName
from services.registration.account.personal import Personal
from services.registration.volunteer.handlers import VolunteerHandlers
from services.registration.volunteer.lookup import VolunteerLookup
from services.registration.volunteer.views import (
    PersonView,
    VolunteersView,
    VolunteerView,
    person_view,
    volunteer_view,
)

router = APIRouter(prefix="/volunteers", tags=["volunteers"], route_class=PlainRoute)
Officer = Annotated[Principal, allow("volunteer.decide")]
Reader = Annotated[Principal, allow("person.read")]
Volunteers = Annotated[VolunteerHandlers, provided(VolunteerHandlers)]
Lookup = Annotated[VolunteerLookup, provided(VolunteerLookup)]
Seals = Annotated[Personal, provided(Personal)]
VolunteerId = Annotated[str, Path(pattern=r"^acc_[0-9a-f]{20}$")]
SquadId = Annotated[str, StringConstraints(max_length=40, pattern=r"^squ_[0-9a-z]+$")]
StationId = Annotated[str, StringConstraints(max_length=40, pattern=r"^sta_[0-9a-z]+$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewVolunteer(_Body):
    """`area`: the community they live in; `squad`: the one they would like to join."""

    station: StationId
    area: str = Field(pattern=r"^3701\d{8}$", examples=["370104009008"])
    name: PersonName
    id_number: str = Field(min_length=15, max_length=24)
    skills: tuple[Skill, ...] = Field((), max_length=7)
    squad: SquadId | None = None


class Approval(_Body):
    squad: SquadId | None = None


class Reason(_Body):
    reason: Words


class Amendment(_Body):
    skills: tuple[Skill, ...] | None = Field(None, max_length=7)
    squad: SquadId | None = None


class NewProposal(_Body):
    what: Literal["approve", "suspend"]
    reason: Words


@router.post("", status_code=201)
async def apply(
    body: NewVolunteer,
    who: Annotated[Principal, allow("own")],
    volunteers: Volunteers,
    seals: Seals,
    cause: RequestCause,
) -> VolunteerView:
    """Apply to the station that serves one's community. The ID number is checked and never shown
    again."""
    skills = tuple(dict.fromkeys(body.skills))
    account = await volunteers.apply(
        who, body.station, body.area, body.name, body.id_number, skills, body.squad, cause
    )
    return volunteer_view(account, seals)


@router.get("")
async def all_volunteers(
    who: Reader,
    lookup: Lookup,
    seals: Seals,
    station: Annotated[StationId | None, Query()] = None,
    standing: Standing | None = None,
    squad: Annotated[SquadId | None, Query()] = None,
    cursor: Annotated[str, Query(pattern=r"^(acc_[0-9a-f]{20})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> VolunteersView:
    """Those of one's area (officers) or squad (leaders), with names: each of them can see who
    looked."""
    found = await lookup.many(who, station, standing, squad, cursor, limit)
    views = [volunteer_view(account, seals, named=True) for account in found]
    return VolunteersView(volunteers=views, next=found[-1].id if len(found) == limit else None)


@router.get("/{id}")
async def one(id: VolunteerId, who: Reader, lookup: Lookup, seals: Seals) -> PersonView:
    """Name, phone and history; the person can see who looked."""
    return person_view(await lookup.one(who, id), seals)


@router.patch("/{id}")
async def amend(
    id: VolunteerId,
    body: Amendment,
    who: Officer,
    volunteers: Volunteers,
    seals: Seals,
    cause: RequestCause,
) -> VolunteerView:
    skills = None if body.skills is None else tuple(dict.fromkeys(body.skills))
    return volunteer_view(await volunteers.amend(who, id, skills, body.squad, cause), seals)


@router.post("/{id}/approve")
async def approve(
    id: VolunteerId,
    body: Approval,
    who: Officer,
    volunteers: Volunteers,
    seals: Seals,
    cause: RequestCause,
) -> VolunteerView:
    """Take an applicant on, or a suspended volunteer back."""
    return volunteer_view(await volunteers.approve(who, id, body.squad, cause), seals)


@router.post("/{id}/reject")
async def reject(
    id: VolunteerId,
    body: Reason,
    who: Officer,
    volunteers: Volunteers,
    seals: Seals,
    cause: RequestCause,
) -> VolunteerView:
    return volunteer_view(await volunteers.reject(who, id, body.reason, cause), seals)


@router.post("/{id}/suspend")
async def suspend(
    id: VolunteerId,
    body: Reason,
    who: Officer,
    volunteers: Volunteers,
    seals: Seals,
    cause: RequestCause,
) -> VolunteerView:
    """Takes the volunteer's and leader's roles too."""
    return volunteer_view(await volunteers.suspend(who, id, body.reason, cause), seals)


@router.post("/{id}/proposals", status_code=201)
async def propose(
    id: VolunteerId,
    body: NewProposal,
    who: Annotated[Principal, allow("volunteer.propose")],
    volunteers: Volunteers,
    seals: Seals,
    cause: RequestCause,
) -> VolunteerView:
    """A leader (own squad) or committee (own area) asks the station to decide."""
    return volunteer_view(await volunteers.propose(who, id, body.what, body.reason, cause), seals)
