"""squads: who serves with whom, and who leads."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import Field, StringConstraints

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, page_of
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow
from contracts import ids
from services.registration.squad.domain import Squad, SquadId, SquadName
from services.registration.squad.handlers import SquadHandlers
from services.registration.station.domain import StationId

router = APIRouter(prefix="/squads", tags=["squads"], route_class=PlainRoute)
Officer = Annotated[Principal, allow("volunteer.decide")]
Squads = Annotated[SquadHandlers, provided(SquadHandlers)]
AccountId = Annotated[str, StringConstraints(pattern=r"^acc_[0-9a-f]{20}$")]
_ACCOUNT = ["acc_5f1e0c9a7b3d2e4f6a8c"]


class NewSquad(Body):
    station: StationId = Field(examples=["sta_duandian"])
    name: SquadName = Field(examples=["夕阳红"])
    leader: AccountId | None = Field(None, examples=_ACCOUNT)


class SquadLeader(Body):
    account: AccountId = Field(examples=_ACCOUNT)


class SquadView(View):
    id: ids.SquadId
    station: ids.StationId
    name: str
    leader: ids.AccountId | None = Field(description="An account")
    formed_at: datetime

    @classmethod
    def of(cls, squad: Squad) -> Self:
        return cls.model_validate(squad.model_dump())


class SquadPage(Page[SquadView]):
    """By id."""


@router.get("")
async def list_squads(
    _: Annotated[Principal, allow("own")],
    squads: Squads,
    station: Annotated[StationId, Query()],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> SquadPage:
    """A station's squads: everybody may see what they could join."""
    read = await squads.of_station(station, cursor or "", limit)
    page, following = page_of(read, limit, lambda squad: squad.id)
    return SquadPage(items=[SquadView.of(squad) for squad in page], next=following)


@router.get("/{id}")
async def get_squad(
    id: Annotated[SquadId, Path()], _: Annotated[Principal, allow("own")], squads: Squads
) -> SquadView:
    return SquadView.of(await squads.one(id))


@router.post(
    "",
    status_code=201,
    responses=refuses("station_unknown", "not_approved", "leads_a_squad", "squad_name_taken"),
)
async def form_squad(
    body: NewSquad, who: Officer, squads: Squads, cause: RequestCause
) -> SquadView:
    return SquadView.of(await squads.form(who, body.station, body.name, body.leader, cause))


@router.post("/{id}/leader", responses=refuses("not_approved", "leads_a_squad"))
async def appoint_squad_leader(
    id: Annotated[SquadId, Path()],
    body: SquadLeader,
    who: Officer,
    squads: Squads,
    cause: RequestCause,
) -> SquadView:
    """Appoint an approved volunteer of the station, who becomes a member. The former leader stays a
    member."""
    return SquadView.of(await squads.appoint(who, id, body.account, cause))
