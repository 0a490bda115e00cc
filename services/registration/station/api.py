"""stations: police stations and the streets they serve."""

from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, page_of
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow, anyone
from contracts import ids
from services.registration.station.domain import (
    Latitude,
    Longitude,
    Station,
    StationId,
    StationName,
    Streets,
)
from services.registration.station.handlers import StationHandlers

router = APIRouter(prefix="/stations", tags=["stations"], route_class=PlainRoute)
Stations = Annotated[StationHandlers, provided(StationHandlers)]


class NewStation(Body):
    """The position is that of its door, in WGS-84 degrees."""

    name: StationName = Field(examples=["段店北路派出所"])
    streets: Streets = Field(examples=[["370104009"]])
    longitude: Longitude = Field(examples=[116.941])
    latitude: Latitude = Field(examples=[36.667])


class StationView(View):
    id: ids.StationId
    name: str
    streets: tuple[ids.AreaCode, ...]
    longitude: float
    latitude: float

    @classmethod
    def of(cls, station: Station) -> Self:
        return cls.model_validate(station.model_dump())


class StationPage(Page[StationView]):
    """By id."""


@router.get("")
async def list_stations(
    _: Annotated[Principal | None, anyone("everybody may know the police stations")],
    stations: Stations,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> StationPage:
    read = await stations.page(cursor or "", limit)
    page, following = page_of(read, limit, lambda station: station.id)
    return StationPage(items=[StationView.of(station) for station in page], next=following)


@router.get("/{id}")
async def get_station(
    id: Annotated[StationId, Path()],
    _: Annotated[Principal | None, anyone("everybody may know the police stations")],
    stations: Stations,
) -> StationView:
    return StationView.of(await stations.one(id))


@router.post(
    "", status_code=201, responses=refuses("street_served", "no_city_officer", "area_unknown")
)
async def register_station(
    body: NewStation,
    who: Annotated[Principal, allow("station.register")],
    stations: Stations,
    cause: RequestCause,
) -> StationView:
    """The city desk names a station and the streets that it serves; a street has one station."""
    return StationView.of(
        await stations.register(who, body.name, body.streets, body.longitude, body.latitude, cause)
    )
