"""stations: police stations and the streets they serve."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow, anyone
from services.registration.station.domain import Station
from services.registration.station.handlers import StationHandlers

router = APIRouter(prefix="/stations", tags=["stations"], route_class=PlainRoute)
Anyone = Annotated[Principal | None, anyone("everybody may know the police stations")]
Stations = Annotated[StationHandlers, provided(StationHandlers)]
Street = Annotated[str, StringConstraints(pattern=r"^3701\d{5}$")]


class NewStation(BaseModel):
    """The place of its door, WGS-84 degrees."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=40, pattern=r"^[^\x00-\x1f<>$]+$")
    streets: tuple[Street, ...] = Field(min_length=1, max_length=20)
    longitude: float = Field(ge=116.0, le=118.0, allow_inf_nan=False)
    latitude: float = Field(ge=35.9, le=37.6, allow_inf_nan=False)


class StationView(BaseModel):
    id: str
    name: str
    streets: tuple[str, ...]
    longitude: float
    latitude: float


def _view(station: Station) -> StationView:
    return StationView.model_validate(station.model_dump())


@router.get("")
async def all_stations(_: Anyone, stations: Stations) -> list[StationView]:
    return [_view(station) for station in await stations.all()]


@router.post("", status_code=201)
async def register(
    body: NewStation,
    who: Annotated[Principal, allow("station.register")],
    stations: Stations,
    cause: RequestCause,
) -> StationView:
    """The city desk names a station and the streets that it serves; a street has one station."""
    return _view(
        await stations.register(who, body.name, body.streets, body.longitude, body.latitude, cause)
    )
