"""volunteers: apply, be approved, be read by officers and leaders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, free_text
from chassis.identity.guards import Principal, allow
from chassis.inputs.typed import Identifier
from contracts.vocabulary import Skill, Standing
from services.registration.account.api import Personal
from services.registration.account.domain import PersonName, ProposedChange
from services.registration.squad.domain import SquadId
from services.registration.station.domain import StationId
from services.registration.volunteer.handlers import VolunteerHandlers, VolunteerReader
from services.registration.volunteer.store import VolunteerFilter
from services.registration.volunteer.views import (
    VolunteerDetailView,
    VolunteerPage,
    VolunteerView,
)

router = APIRouter(prefix="/volunteers", tags=["volunteers"], route_class=PlainRoute)
Officer = Annotated[Principal, allow("volunteer.decide")]
Reader = Annotated[Principal, allow("person.read")]
Volunteers = Annotated[VolunteerHandlers, provided(VolunteerHandlers)]
Readable = Annotated[VolunteerReader, provided(VolunteerReader)]
VolunteerId = Annotated[
    str, Path(pattern=r"^acc_[0-9a-f]{20}$", examples=["acc_5f1e0c9a7b3d2e4f6a8c"])
]
Reason = Annotated[str, free_text(500)]


class VolunteerApplication(Body):
    """`area`: the community they live in. `squad`: the one they would like to join."""

    station: StationId = Field(examples=["sta_duandian"])
    area: str = Field(pattern=r"^3701\d{8}$", examples=["370104009008"])
    name: PersonName = Field(examples=["王小明"])
    id_number: Identifier = Field(min_length=15, max_length=24, examples=["370104195612150008"])
    skills: tuple[Skill, ...] = Field((), max_length=7, examples=[["mediation"]])
    squad: SquadId | None = Field(None, examples=["squ_01"])


class VolunteerApproval(Body):
    """`squad`: the one they join; null: the one they asked for, or had."""

    squad: SquadId | None = Field(None, examples=["squ_01"])


class StandingReason(Body):
    reason: Reason = Field(examples=["身份信息与户籍不符"])


class IdNumberDecision(StandingReason):
    """`genuine`: the ID number is this person's, not that of those who claim it."""

    genuine: bool


class VolunteerUpdate(Body):
    """Fields that are null stay as they are."""

    skills: tuple[Skill, ...] | None = Field(None, max_length=7, examples=[["mediation"]])
    squad: SquadId | None = Field(None, examples=["squ_01"])


class NewProposal(Body):
    what: ProposedChange = Field(examples=["suspend"])
    reason: Reason = Field(examples=["连续三个月未参加巡逻"])


@router.post(
    "",
    status_code=201,
    responses=refuses(
        "station_unknown",
        "area_unknown",
        "area_not_served",
        "squad_unknown",
        "id_number_invalid",
        "id_number_taken",
        "too_young",
        "wrong_state",
    ),
)
async def apply_as_volunteer(
    body: VolunteerApplication,
    who: Annotated[Principal, allow("own")],
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    """Apply to the station that serves one's community. The ID number is checked and never shown
    again. Where another account holds it, its officers see that it is claimed."""
    skills = tuple(dict.fromkeys(body.skills))
    account = await volunteers.apply(
        who, body.station, body.area, body.name, body.id_number, skills, body.squad, cause
    )
    return VolunteerView.of(account, personal)


@router.get("", responses=refuses("not_found"))
async def list_volunteers(
    who: Reader,
    readable: Readable,
    personal: Personal,
    station: Annotated[StationId | None, Query()] = None,
    standing: Standing | None = None,
    squad: Annotated[SquadId | None, Query()] = None,
    contested: Annotated[
        bool, Query(description="only those whose ID number somebody else claims; for officers")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> VolunteerPage:
    """Those of an officer's area or a leader's squad, with their names. Each of them can see who
    read them."""
    only = VolunteerFilter(station=station, standing=standing, squad=squad, contested=contested)
    found, more = await readable.page(who, only, cursor or "", limit)
    items = [VolunteerView.of(account, personal, named=True) for account in found]
    return VolunteerPage(items=items, next=items[-1].id if more else None)


@router.get("/{id}")
async def get_volunteer(
    id: VolunteerId, who: Reader, readable: Readable, personal: Personal
) -> VolunteerDetailView:
    """The person can see who read their name and phone."""
    return VolunteerDetailView.shown_to(who, await readable.one(who, id), personal)


@router.patch("/{id}", responses=refuses("squad_unknown", "leads_a_squad", "wrong_state"))
async def update_volunteer(
    id: VolunteerId,
    body: VolunteerUpdate,
    who: Officer,
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    skills = None if body.skills is None else tuple(dict.fromkeys(body.skills))
    account = await volunteers.update(who, id, skills, body.squad, cause)
    return VolunteerView.of(account, personal)


@router.post(
    "/{id}/approve", responses=refuses("squad_unknown", "wrong_state", "id_number_contested")
)
async def approve_volunteer(
    id: VolunteerId,
    body: VolunteerApproval,
    who: Officer,
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    """Accept an applicant, or a suspended volunteer again; not before it is decided whose ID number
    it is, where somebody else claims it."""
    return VolunteerView.of(await volunteers.approve(who, id, body.squad, cause), personal)


@router.post("/{id}/reject", responses=refuses("wrong_state"))
async def reject_volunteer(
    id: VolunteerId,
    body: StandingReason,
    who: Officer,
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    return VolunteerView.of(await volunteers.reject(who, id, body.reason, cause), personal)


@router.post("/{id}/id-number", responses=refuses("wrong_state", "id_number_not_contested"))
async def decide_id_number(
    id: VolunteerId,
    body: IdNumberDecision,
    who: Officer,
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    """Whose ID number it is, once the officer has seen the cards of those who claim it. If it is
    not this person's they are rejected, and who it belongs to may apply."""
    account = await volunteers.decide_number(who, id, body.reason, cause, genuine=body.genuine)
    return VolunteerView.of(account, personal)


@router.post("/{id}/suspend", responses=refuses("wrong_state"))
async def suspend_volunteer(
    id: VolunteerId,
    body: StandingReason,
    who: Officer,
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    """Takes the volunteer's and leader's roles too."""
    return VolunteerView.of(await volunteers.suspend(who, id, body.reason, cause), personal)


@router.post("/{id}/proposals", status_code=201, responses=refuses("wrong_state"))
async def propose_volunteer_change(
    id: VolunteerId,
    body: NewProposal,
    who: Annotated[Principal, allow("volunteer.propose")],
    volunteers: Volunteers,
    personal: Personal,
    cause: RequestCause,
) -> VolunteerView:
    """A leader (own squad) or a committee (own area) asks the station to decide."""
    account = await volunteers.propose(who, id, body.what, body.reason, cause)
    return VolunteerView.of(account, personal)
