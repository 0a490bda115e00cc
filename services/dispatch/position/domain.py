"""Which of the positions that a phone sends counts: the newest that is fresh, no track beyond it is
kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from jinan.coordinates import Point
from services.dispatch.location import TimedLocation, in_jinan
from services.dispatch.policy import Policy


class Fix(NamedTuple):
    """Where a person was, WGS-84 degrees, and when."""

    volunteer: str
    point: Point
    at: datetime


class Sifted(NamedTuple):
    """Counts of a batch, and the one fix to keep."""

    fresh: int
    stale: int
    outside: int
    newest: Fix | None


def sift(volunteer: str, batch: Sequence[TimedLocation], now: datetime, policy: Policy) -> Sifted:
    """A position is stale when older than the limit, or further in the future than any clock is
    wrong."""
    oldest, latest = (
        now - timedelta(seconds=policy.fresh_s),
        now + timedelta(seconds=policy.future_s),
    )
    fresh = [location for location in batch if oldest <= location.at <= latest]
    inside = [
        location for location in fresh if in_jinan(Point(location.longitude, location.latitude))
    ]
    newest = max(inside, key=lambda location: location.at, default=None)
    fix = None if newest is None else Fix(volunteer, newest.point(), min(newest.at, now))
    return Sifted(len(inside), len(batch) - len(fresh), len(fresh) - len(inside), fix)
