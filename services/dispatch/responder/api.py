"""Going on and off duty, and who is on duty."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.domain import Refusal
from chassis.errors import NotFound
from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    from_cursor,
    page_of,
    to_cursor,
)
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View, id_query
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.vocabulary import Skill
from jinan.coordinates import in_jinan
from services.dispatch.position.domain import Location
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.handlers import ResponderHandlers

router = APIRouter(prefix="/duty", tags=["duty"], route_class=PlainRoute)
Handlers = Annotated[ResponderHandlers, provided(ResponderHandlers)]
Volunteer = Annotated[Principal, allow("duty.serve")]
Commander = Annotated[Principal, allow("callout.command")]


class StartDuty(Body):
    """Where the volunteer is now."""

    location: Location


class DutyView(View):
    """`engaged` is the call-out that the person is called to or has accepted."""

    volunteer: ids.AccountId
    on_duty: bool
    since: datetime | None
    station: ids.StationId
    squad: ids.SquadId | None
    engaged: ids.CalloutId | None


class AnswersView(View):
    """How often one was asked and had the time to answer, and how often one accepted and came."""

    asked: int
    accepted: int


class LastPositionView(View):
    """WGS-84 degrees."""

    longitude: float
    latitude: float


class DutyData(View):
    """All that dispatch knows of a person, besides `GET service-records`. A position is kept while
    one is on duty, and the last one only."""

    approved: bool
    station: ids.StationId | None
    squad: ids.SquadId | None
    skills: tuple[Skill, ...]
    birth_year: int | None
    on_duty_since: datetime | None
    last_sign_at: datetime | None
    position: LastPositionView | None
    rested_since: datetime | None
    accepted_at: tuple[datetime, ...] = Field(description="Calls of the last week")
    answers: Mapping[str, AnswersView] = Field(
        description="`all`; by hour of the day, as `h08`; by category, as `k_traffic`"
    )


class OnDutyPage(Page[DutyView]):
    """By id. The counts are those of all pages; `engaged` are called to, or on, a call-out."""

    station: ids.StationId
    on_duty: int
    engaged: int


def _view(responder: Responder, engaged: Mapping[str, str]) -> DutyView:
    return DutyView(
        volunteer=responder.id,
        on_duty=responder.on_duty,
        since=responder.duty_since,
        station=responder.station,
        squad=responder.squad,
        engaged=engaged.get(responder.id),
    )


@router.post(
    "/start",
    status_code=201,
    summary="Go on duty",
    responses=refuses("not_a_volunteer", "outside_jinan"),
)
async def start_duty(
    body: StartDuty, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> DutyView:
    """Approved volunteers only, and only in Jinan."""
    place = body.location.point()
    if not in_jinan(place):
        raise Refusal("outside_jinan", "body.location")
    started = await handlers.start_duty(who.subject, place, cause)
    return _view(started, await handlers.engagements([who.subject]))


@router.post("/end", summary="Go off duty")
async def end_duty(who: Volunteer, handlers: Handlers, cause: RequestCause) -> DutyView:
    """An open call is dropped, an accepted one given back; who is on scene finishes there."""
    ended = await handlers.end_duty(who.subject, cause)
    return _view(ended, await handlers.engagements([who.subject]))


@router.get("/me", summary="My duty")
async def get_own_duty(who: Volunteer, handlers: Handlers) -> DutyView:
    return _view(await handlers.get(who.subject), await handlers.engagements([who.subject]))


@router.get(
    "/me/data", summary="A copy of what dispatch knows of me", responses=refuses("not_found")
)
async def export_own_duty(who: Annotated[Principal, allow("own")], handlers: Handlers) -> DutyData:
    """For everybody who is, or was, a volunteer."""
    responder, place = await handlers.known_of(who.subject)
    return DutyData(
        approved=responder.approved,
        station=responder.station or None,
        squad=responder.squad,
        skills=responder.skills,
        birth_year=responder.birth_year or None,
        on_duty_since=responder.duty_since,
        last_sign_at=responder.sign_at,
        position=place and LastPositionView(longitude=place.longitude, latitude=place.latitude),
        rested_since=responder.served_until,
        accepted_at=responder.accepted_at,
        answers={key: AnswersView(**vars(one)) for key, one in responder.answers.items()},
    )


@router.get(
    "", summary="Who is on duty at a station", responses=refuses("not_found", "outside_area")
)
async def list_on_duty(
    station: Annotated[str, id_query("sta", "sta_duandian")],
    who: Commander,
    handlers: Handlers,
    stations: Annotated[Stations, provided(Stations)],
    clock: Now,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> OnDutyPage:
    """Officers of the station's area see everybody, a leader the own squad."""
    streets = await stations.streets(station)
    if not streets:
        raise NotFound(station)
    everybody = any(who.may("callout.command", street, "officer") for street in streets)
    if not everybody and not who.squads_led:
        raise Refusal("outside_area")
    squads = None if everybody else who.squads_led
    after, now = from_cursor(cursor), clock.now()
    found = await handlers.list_on_duty(station, squads, after.id if after else None, limit + 1)
    page, following = page_of(found, limit, lambda responder: to_cursor(now, responder.id))
    engagements = await handlers.engagements([responder.id for responder in page])
    on_duty, engaged = await handlers.count_on_duty(station, squads)
    return OnDutyPage(
        items=[_view(responder, engagements) for responder in page],
        next=following,
        station=station,
        on_duty=on_duty,
        engaged=engaged,
    )
