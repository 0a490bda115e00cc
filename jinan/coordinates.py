"""WGS-84 inside; GCJ-02, the offset datum of Chinese phones and maps, at the edge. Degrees and
metres."""

import math
from typing import Literal, NamedTuple

from typing_extensions import TypeAliasType

Datum = TypeAliasType("Datum", Literal["wgs84", "gcj02"])
_A = 6378245.0  # Krasovsky 1940 semi-major axis in metres, which GCJ-02 is built on
_EE = 0.00669342162296594323
EARTH_M = 6371008.8
WEST, SOUTH, EAST, NORTH = 116.1, 35.9, 118.1, 37.7
"""A box around Jinan's twelve districts, WGS-84 degrees."""


class Point(NamedTuple):
    """A place: longitude and latitude in degrees."""

    longitude: float
    latitude: float


def _offset(x: float, y: float) -> tuple[float, float]:
    """GCJ-02's offset (longitude, latitude; its own units) at x = longitude - 105, y = latitude -
    35."""
    pi = math.pi
    wave = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    lat += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    lat += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    lon += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    lon += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    return lon, lat


def gcj02_from_wgs84(point: Point) -> Point:
    longitude, latitude = point
    d_lon, d_lat = _offset(longitude - 105, latitude - 35)
    radians = math.radians(latitude)
    magic = 1 - _EE * math.sin(radians) ** 2
    d_lat = d_lat * 180 / (_A * (1 - _EE) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = d_lon * 180 / (_A / math.sqrt(magic) * math.cos(radians) * math.pi)
    return Point(longitude + d_lon, latitude + d_lat)


def wgs84_from_gcj02(point: Point) -> Point:
    """The inverse by fixed-point iteration; within a millimetre after four rounds inside China."""
    guess = point
    for _ in range(4):
        there = gcj02_from_wgs84(guess)
        guess = Point(
            guess.longitude + point.longitude - there.longitude,
            guess.latitude + point.latitude - there.latitude,
        )
    return guess


def to_wgs84(point: Point, datum: Datum) -> Point:
    return point if datum == "wgs84" else wgs84_from_gcj02(point)


def in_jinan(point: Point) -> bool:
    """Whether the box around Jinan holds the point: cheap, for what comes in masses."""
    return WEST <= point.longitude <= EAST and SOUTH <= point.latitude <= NORTH


def distance_m(a: Point, b: Point) -> float:
    """Great-circle distance in metres."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    h = math.sin((lat_b - lat_a) / 2) ** 2
    h += (
        math.cos(lat_a)
        * math.cos(lat_b)
        * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    )
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(h)))
