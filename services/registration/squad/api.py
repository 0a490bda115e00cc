"""squads: who serves with whom, and who leads."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from services.registration.squad.domain import Squad
from services.registration.squad.handlers import SquadHandlers

router = APIRouter(prefix="/squads", tags=["squads"], route_class=PlainRoute)
Officer = Annotated[Principal, allow("volunteer.decide")]
Squads = Annotated[SquadHandlers, provided(SquadHandlers)]
AccountId = Annotated[str, StringConstraints(pattern=r"^acc_[0-9a-f]{20}$")]
SquadId = Annotated[str, Path(max_length=40, pattern=r"^squ_[0-9a-z]+$")]


class NewSquad(BaseModel):
    model_config = ConfigDict(extra="forbid")

    station: str = Field(max_length=40, pattern=r"^sta_[0-9a-z]+$")
    name: str = Field(
        min_length=1, max_length=20, pattern=r"^[^\x00-\x1f<>$]+$", examples=["夕阳红"]
    )
    leader: AccountId | None = None


class NewLeader(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: AccountId


class SquadView(BaseModel):
    id: str
    station: str
    name: str
    leader: str | None = None
    formed_at: datetime


def _view(squad: Squad) -> SquadView:
    return SquadView.model_validate(squad.model_dump())


@router.get("")
async def squads_of(
    _: Annotated[Principal, allow("own")],
    squads: Squads,
    station: Annotated[str, Query(max_length=40, pattern=r"^sta_[0-9a-z]+$")],
) -> list[SquadView]:
    """A station's squads: whoever wants to join one may see them."""
    return [_view(squad) for squad in await squads.of(station)]


@router.post("", status_code=201)
async def form(body: NewSquad, who: Officer, squads: Squads, cause: RequestCause) -> SquadView:
    return _view(await squads.form(who, body.station, body.name, body.leader, cause))


@router.post("/{id}/leader")
async def appoint(
    id: SquadId, body: NewLeader, who: Officer, squads: Squads, cause: RequestCause
) -> SquadView:
    """Name an approved volunteer of the station; they join the squad by it. The former leader stays
    a member."""
    return _view(await squads.appoint(who, id, body.account, cause))
