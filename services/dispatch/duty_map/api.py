"""Where the people on duty are, who looked, and how many there are."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, from_cursor, page_of, to_cursor
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import View
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.access import Grant
from contracts.vocabulary import Skill
from jinan.areas import CITY, covers
from jinan.divisions import name_of
from services.dispatch.duty_map.domain import box
from services.dispatch.duty_map.handlers import DutyCounts, DutyMapHandlers, OnMap
from services.dispatch.responder.handlers import ResponderHandlers

router = APIRouter(prefix="/duty", tags=["duty"], route_class=PlainRoute)
Handlers = Annotated[DutyMapHandlers, provided(DutyMapHandlers)]
Longitude = Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)]


class DutyPositionView(View):
    """WGS-84 degrees, as the phone said at `seen_at`. `engaged`: the call-out that the person is
    called to or has accepted."""

    volunteer: ids.AccountId
    squad: ids.SquadId | None
    station: ids.StationId
    skills: tuple[Skill, ...]
    longitude: float
    latitude: float
    seen_at: datetime
    engaged: ids.CalloutId | None


class DutyPositionPage(Page[DutyPositionView]):
    """By id. A page may have fewer items than asked for, or none, and others follow: people whose
    place is not known, or lies outside the box, are left out."""


class PositionAccessView(View):
    """`by` saw one's position, `looks` times from `first_at` until `last_at`."""

    id: ids.PositionAccessId
    by: ids.AccountId
    first_at: datetime
    last_at: datetime
    looks: int


class PositionAccessPage(Page[PositionAccessView]):
    """The latest first."""


class DutyCountView(View):
    """`district`: of the station that the people belong to."""

    district: ids.AreaCode
    district_name: str = Field(examples=["槐荫区"])
    on_duty: int


class DutyCountPage(Page[DutyCountView]):
    """All on one page, by code; districts without anybody on duty are left out."""

    on_duty: int


@router.get(
    "/positions",
    summary="Where the people on duty are",
    responses=refuses("outside_area", "box_invalid"),
)
async def list_duty_positions(
    who: Annotated[Principal, allow("callout.command")],
    handlers: Handlers,
    responders: Annotated[ResponderHandlers, provided(ResponderHandlers)],
    clock: Now,
    area: Annotated[str, Query(pattern=r"^3701(\d{2}(\d{3})?)?$", examples=["370104009"])],
    west: Longitude = None,
    south: Latitude = None,
    east: Longitude = None,
    north: Latitude = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DutyPositionPage:
    """For officers of the area: people of its stations, in the box if all four sides are given. Who
    is shown here can see that, and by whom."""
    inside, after = box(west, south, east, north), from_cursor(cursor)
    shown, following = await handlers.page(who, area, inside, after and after.id, limit)
    engaged = await responders.engagements([one.responder.id for one in shown])
    return DutyPositionPage(
        items=[_view(one, engaged.get(one.responder.id)) for one in shown],
        next=following and to_cursor(clock.now(), following),
    )


@router.get("/me/position-access", summary="Who looked at my position")
async def list_own_position_access(
    who: Annotated[Principal, allow("own")],
    handlers: Handlers,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PositionAccessPage:
    """For everybody who is, or was, on duty."""
    found = await handlers.accesses(who, from_cursor(cursor), limit + 1)
    page, following = page_of(found, limit, lambda one: to_cursor(one.first_at, one.id))
    items = [PositionAccessView.model_validate(one.model_dump(exclude={"person"})) for one in page]
    return PositionAccessPage(items=items, next=following)


@router.get(
    "/counts", summary="How many are on duty, by district", responses=refuses("outside_area")
)
async def count_on_duty_by_district(
    who: Annotated[Principal, allow("figures.read")],
    counts: Annotated[DutyCounts, provided(DutyCounts)],
    area: Annotated[str, Query(pattern=r"^3701(\d{2}(\d{3})?)?$", examples=["3701"])] = CITY,
) -> DutyCountPage:
    """For the city desk, and officers and committees of all of the area; up to 5 s old. Nobody is
    counted for a street: people belong to stations, and these to districts."""
    if not any(_counts_for(grant, area) for grant in who.grants_for("figures.read")):
        raise Refusal("outside_area")
    found = await counts.within(area)
    items = [
        DutyCountView(district=district, district_name=name_of(district), on_duty=number)
        for district, number in found.items()
    ]
    return DutyCountPage(items=items, next=None, on_duty=sum(found.values()))


def _counts_for(grant: Grant, area: str) -> bool:
    return grant.role in ("city_desk", "officer", "committee") and covers(grant.area, area)


def _view(one: OnMap, engaged: str | None) -> DutyPositionView:
    return DutyPositionView(
        volunteer=one.responder.id,
        squad=one.responder.squad,
        station=one.responder.station,
        skills=one.responder.skills,
        longitude=one.place.longitude,
        latitude=one.place.latitude,
        seen_at=one.seen_at,
        engaged=engaged,
    )
