"""Where a point lies: before filing, to choose the community."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.paging import Cursor, Limit, Page, part_of
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import View
from chassis.identity.guards import Principal, anyone
from contracts import ids
from jinan.areas import district_of
from jinan.coordinates import Datum, Point
from jinan.divisions import name_of
from services.incidents.place.domain import Street
from services.incidents.place.handlers import PlaceHandlers

router = APIRouter(prefix="/places", tags=["places"], route_class=PlainRoute)
_ALL = 200
"""More streets than any point may lie in."""


class StreetView(View):
    """`station_m`: metres from the point to the station's door, null while no known station serves
    the street."""

    code: ids.AreaCode
    name: str = Field(examples=["段店北路街道"])
    district: ids.AreaCode
    district_name: str = Field(examples=["槐荫区"])
    station: ids.StationId | None
    station_m: int | None


class PlacePage(Page[StreetView]):
    """`district`: where the point lies."""

    district: ids.AreaCode
    district_name: str = Field(examples=["槐荫区"])


@router.get("", summary="The streets that a point may lie in", responses=refuses("outside_jinan"))
async def list_places(
    _: Annotated[Principal | None, anyone("official places; asked before filing without account")],
    places: Annotated[PlaceHandlers, provided(PlaceHandlers)],
    longitude: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, examples=[116.942])],
    latitude: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, examples=[36.6695])],
    datum: Datum = "wgs84",
    cursor: Cursor = None,
    limit: Limit = _ALL,
) -> PlacePage:
    """In degrees; `gcj02` is what Chinese phones and maps give. No boundary of a street is known:
    these are all streets of the district and of those close by, the nearest station's first.
    Their communities: `GET /divisions?parent=<code>`."""
    district, streets = await places.candidates(Point(longitude, latitude), datum)
    page, following = part_of(streets, limit, cursor)
    return PlacePage(
        items=[_view(street) for street in page],
        next=following,
        district=district,
        district_name=name_of(district),
    )


def _view(street: Street) -> StreetView:
    district = district_of(street.code)
    return StreetView(
        code=street.code,
        name=name_of(street.code),
        district=district,
        district_name=name_of(district),
        station=street.station,
        station_m=None if street.station_m is None else round(street.station_m),
    )
