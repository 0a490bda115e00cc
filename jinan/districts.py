"""The boundaries of Jinan's twelve districts: which district holds a point.

Source: `jinan/data/jinan_districts_gcj02.geojson` (GCJ-02; converted to WGS-84 here). Computed in
metres on a local plane around the city centre: within 1 % over the city's 200 km, far finer than
the tolerances.
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
_CENTRE = Point(117.12, 36.67)
_M_PER_DEGREE = 111_320.0
CITY_TOLERANCE_M = 300.0
"""The boundaries are simplified polygons, so points just outside still count as inside."""
DISTRICT_TOLERANCE_M = 1500.0
ZONES = {"370176": ("370102", "370112", "370114")}
"""Division codes without a polygon of their own, and the districts that they lie in. 370176 is the
High-tech Zone."""
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

    def district_at(self, point: Point) -> str | None:
        """The code of the district that contains the point (WGS-84), else of one within the city
        tolerance; None outside Jinan."""
        spot = shapely.Point(*_plane(point.longitude, point.latitude))
        for exact in (True, False):
            for district in self._districts:
                if (district.shape if exact else district.in_city).intersects(spot):
                    return district.code
        return None

    def near(self, point: Point) -> tuple[str, ...]:
        """The codes of all districts that contain the point, within the district tolerance."""
        spot = shapely.Point(*_plane(point.longitude, point.latitude))
        return tuple(d.code for d in self._districts if d.with_tolerance.intersects(spot))

    def contains(self, code: str, point: Point) -> bool:
        """Whether the district, or one of a zone's districts, contains the point, within the
        district tolerance."""
        spot = shapely.Point(*_plane(point.longitude, point.latitude))
        return any(
            d.with_tolerance.intersects(spot)
            for d in self._districts
            if d.code in ZONES.get(code, (code,))
        )


def _plane(longitude: float, latitude: float) -> tuple[float, float]:
    east = (
        (longitude - _CENTRE.longitude) * math.cos(math.radians(_CENTRE.latitude)) * _M_PER_DEGREE
    )
    return east, (latitude - _CENTRE.latitude) * _M_PER_DEGREE


def _onto_plane(coordinates: Coordinates) -> Coordinates:
    return np.array([_plane(*wgs84_from_gcj02(Point(float(x), float(y)))) for x, y in coordinates])


def codes_within(district: str) -> tuple[str, ...]:
    """The district codes that communities inside a district's polygon may have: its own, and those
    of zones that lie in it."""
    return (district, *(zone for zone, inside in ZONES.items() if district in inside))


@cache
def districts() -> Districts:
    """Loaded once per process."""
    features = json.loads(_FILE.read_text("utf-8"))["features"]
    found: list[_District] = []
    for feature in features:
        area = shapely.make_valid(shapely.transform(shape(feature["geometry"]), _onto_plane))
        code = str(feature["properties"]["code"])
        wide, city = area.buffer(DISTRICT_TOLERANCE_M), area.buffer(CITY_TOLERANCE_M)
        found.append(_District(code, prep(area), prep(wide), prep(city)))
    return Districts(tuple(found))
