"""A place as a phone sends it, and whether it is in Jinan."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jinan.coordinates import Datum, Point, to_wgs84

WEST, SOUTH, EAST, NORTH = 116.1, 35.9, 118.1, 37.7
"""A box around Jinan's twelve districts, WGS-84 degrees."""


class Location(BaseModel):
    """Degrees; `gcj02` is what Chinese phones and maps give."""

    model_config = ConfigDict(extra="forbid")

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[116.942])]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[36.6695])]
    datum: Datum = "wgs84"

    def point(self) -> Point:
        """WGS-84."""
        return to_wgs84(Point(self.longitude, self.latitude), self.datum)


class TimedLocation(Location):
    """A place and when one was there."""

    at: AwareDatetime


def in_jinan(point: Point) -> bool:
    return WEST <= point.longitude <= EAST and SOUTH <= point.latitude <= NORTH
