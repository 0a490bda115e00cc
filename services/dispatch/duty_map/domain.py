"""Who looked at whose position: each look is kept, and shown to that person."""

from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.domain import Frozen, Refusal
from contracts.access import Principal
from jinan.coordinates import Point
from jinan.local_time import LOCAL

_EPOCH = datetime(1970, 1, 1, tzinfo=LOCAL)


class Box(NamedTuple):
    """WGS-84 degrees, the borders included."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, point: Point) -> bool:
        return (
            self.west <= point.longitude <= self.east and self.south <= point.latitude <= self.north
        )


def box(
    west: float | None, south: float | None, east: float | None, north: float | None
) -> Box | None:
    """None where no side is given. Raises Refusal for a part of them, and for a box without an
    inside."""
    if west is None and south is None and east is None and north is None:
        return None
    if west is None or south is None or east is None or north is None:
        raise Refusal("box_invalid", "query.west")
    if west >= east or south >= north:
        raise Refusal("box_invalid", "query.west")
    return Box(west, south, east, north)


class PositionAccess(Frozen):
    """`by` (an account) saw where `person` was, `looks` times from `first_at` until `last_at`. A
    map that asks every few seconds is one entry for each stretch of time, with all its looks
    counted."""

    id: str
    person: str
    by: str
    first_at: datetime
    last_at: datetime
    looks: int


def access_id(person: str, by: str, now: datetime, stretch: timedelta) -> str:
    """Of the entry that a look of now belongs to."""
    return f"look_{person}_{by}_{(now - _EPOCH) // stretch}"


def commands(who: Principal, area: str) -> bool:
    """Officers of the area. A leader sees the own squad by name, without a map."""
    return who.may("callout.command", area, "officer")
