"""A place in Jinan, and who serves it."""

from dataclasses import dataclass

from jinan.coordinates import Point


@dataclass(frozen=True)
class Place:
    """`point`: WGS-84. `area`: the community, else the street of the nearest station, else the
    district."""

    point: Point
    area: str
    station: str | None


@dataclass(frozen=True)
class Street:
    """A street that a point may lie in. `station_m`: metres to the door of its station, None while
    no known station serves it."""

    code: str
    station: str | None = None
    station_m: float | None = None


@dataclass(frozen=True)
class Served:
    """Who serves a place: its station, None while there is none, and whether anybody of the
    community's committee has an account."""

    station: str | None = None
    committee: bool = True
