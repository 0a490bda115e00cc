"""The boundaries of Jinan's twelve districts, and how far a point lies from them.

Source: `jinan/data/jinan_districts_gcj02.geojson`; GCJ-02 there, WGS-84 here. Reckoned in
metres on a plane that touches the city's middle: within 1 % over its 200 km, far finer than the
tolerances.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.prepared import PreparedGeometry, prep

from jinan.coordinates import Point, wgs84_from_gcj02

_FILE = Path(__file__).parent / "data" / "jinan_districts_gcj02.geojson"
_MIDDLE = Point(117.12, 36.67)
_M_PER_DEGREE = 111_320.0
CITY_TOLERANCE_M = 300.0
"""The boundaries are drawn in straight pieces: who lives at the edge is not to be sent away."""
DISTRICT_TOLERANCE_M = 1500.0
ZONES = {"370176": ("370102", "370112", "370114")}
"""Codes of their own without a boundary of their own: the High-tech Zone is drawn with the
districts it lies in."""
Coordinates = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _District:
    code: str
    shape: PreparedGeometry[BaseGeometry]
    with_tolerance: PreparedGeometry[BaseGeometry]
    in_city: PreparedGeometry[BaseGeometry]


class Districts:
    def __init__(self, districts: tuple[_District, ...]) -> None:
        self._districts = districts

    def of(self, point: Point) -> str | None:
        """The code of the district that holds the point (WGS-84), or lies within the tolerance;
        None outside Jinan."""
        spot = shapely.Point(*_plane(point.longitude, point.latitude))
        for exact in (True, False):
            for district in self._districts:
                if (district.shape if exact else district.in_city).intersects(spot):
                    return district.code
        return None

    def around(self, point: Point) -> tuple[str, ...]:
        """The codes of all districts that hold the point, give or take the tolerance."""
        spot = shapely.Point(*_plane(point.longitude, point.latitude))
        return tuple(d.code for d in self._districts if d.with_tolerance.intersects(spot))

    def holds(self, code: str, point: Point) -> bool:
        """Whether the district (or a zone's districts) holds the point, give or take the
        tolerance."""
        spot = shapely.Point(*_plane(point.longitude, point.latitude))
        return any(
            d.with_tolerance.intersects(spot)
            for d in self._districts
            if d.code in ZONES.get(code, (code,))
        )


def _plane(longitude: float, latitude: float) -> tuple[float, float]:
    east = (
        (longitude - _MIDDLE.longitude) * math.cos(math.radians(_MIDDLE.latitude)) * _M_PER_DEGREE
    )
    return east, (latitude - _MIDDLE.latitude) * _M_PER_DEGREE


def _onto_plane(coordinates: Coordinates) -> Coordinates:
    return np.array([_plane(*wgs84_from_gcj02(Point(float(x), float(y)))) for x, y in coordinates])


def codes_at(district: str) -> tuple[str, ...]:
    """The codes that communities in a drawn district can have: its own, and those of zones drawn
    with it."""
    return (district, *(zone for zone, drawn in ZONES.items() if district in drawn))


@cache
def jinan() -> Districts:
    """Read once in a process."""
    features = json.loads(_FILE.read_text("utf-8"))["features"]
    districts: list[_District] = []
    for feature in features:
        area = shapely.make_valid(shapely.transform(shape(feature["geometry"]), _onto_plane))
        code = str(feature["properties"]["code"])
        wide, city = area.buffer(DISTRICT_TOLERANCE_M), area.buffer(CITY_TOLERANCE_M)
        districts.append(_District(code, prep(area), prep(wide), prep(city)))
    return Districts(tuple(districts))
