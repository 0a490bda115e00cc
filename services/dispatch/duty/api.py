"""On and off duty by a tap, and who is on duty."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from services.dispatch.duty.handlers import DutyHandlers
from services.dispatch.location import Location, in_jinan
from services.dispatch.responder.domain import Responder
from services.dispatch.squad.store import Stations

router = APIRouter(prefix="/duty", tags=["duty"], route_class=PlainRoute)
Duty = Annotated[DutyHandlers, provided(DutyHandlers)]
Server = Annotated[Principal, allow("duty.serve")]


class StartDuty(BaseModel):
    model_config = ConfigDict(extra="forbid")

    location: Location


class Nothing(BaseModel):
    """An empty body."""

    model_config = ConfigDict(extra="forbid")


class DutyView(BaseModel):
    """`engaged` is the call-out the person is called to or has accepted."""

    volunteer: str
    on_duty: bool
    since: datetime | None
    station: str
    squad: str | None
    engaged: str | None


class StationDutyView(BaseModel):
    """Who is on duty at a station, by id; `engaged` counts those called or on a matter."""

    station: str
    on_duty: int
    engaged: int
    volunteers: list[DutyView]


def duty_view(responder: Responder, now: datetime) -> DutyView:
    return DutyView(
        volunteer=responder.id,
        on_duty=responder.on_duty,
        since=responder.duty_since,
        station=responder.station,
        squad=responder.squad,
        engaged=responder.engagement(now),
    )


@router.post("/start", status_code=201, summary="Go on duty")
async def start(
    body: StartDuty, who: Server, duty: Duty, clock: Now, cause: RequestCause
) -> DutyView:
    """Only approved volunteers, and only in Jinan."""
    place = body.location.point()
    if not in_jinan(place):
        raise Refusal("bad_request", fields={"body.location": "dispatch.outside_jinan"})
    return duty_view(await duty.start(who.subject, place, cause), clock.now())


@router.post("/end", summary="Go off duty")
async def end(_: Nothing, who: Server, duty: Duty, clock: Now, cause: RequestCause) -> DutyView:
    """A call that is open is dropped, an accepted one given back; who is on scene finishes
    there."""
    return duty_view(await duty.end(who.subject, cause), clock.now())


@router.get("/me", summary="My duty")
async def mine(who: Server, duty: Duty, clock: Now) -> DutyView:
    return duty_view(await duty.own(who.subject), clock.now())


@router.get("", summary="Who is on duty at a station")
async def at_station(
    station: Annotated[str, Query(min_length=1, max_length=64)],
    who: Annotated[Principal, allow("callout.command")],
    duty: Duty,
    stations: Annotated[Stations, provided(Stations)],
    clock: Now,
) -> StationDutyView:
    """Officers of the station's area see all; a leader sees the own squad."""
    streets = await stations.streets(station)
    if not streets:
        raise Refusal("not_found")
    now = clock.now()
    everyone = any(who.may("callout.command", street, "officer") for street in streets)
    squads = {grant.squad for grant in who.grants_for("callout.command") if grant.role == "leader"}
    if not everyone and not squads:
        raise Refusal("outside_area")
    found = await duty.at_station(station)
    seen = [
        duty_view(r, now) for r in found if everyone or (r.squad is not None and r.squad in squads)
    ]
    return StationDutyView(
        station=station,
        on_duty=len(seen),
        engaged=sum(one.engaged is not None for one in seen),
        volunteers=seen,
    )
