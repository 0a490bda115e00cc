"""Which of the positions that a phone sends is kept: the newest fresh one. No track is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jinan.coordinates import Datum, Point, in_jinan, to_wgs84
from services.dispatch.policy import DispatchPolicy


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
    """A place, and when the phone was there."""

    at: AwareDatetime


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


def sift(
    volunteer: str, batch: Sequence[TimedLocation], now: datetime, policy: DispatchPolicy
) -> Sifted:
    """A position is stale when it is too old, or further in the future than a phone's clock may be
    ahead."""
    oldest = now - timedelta(seconds=policy.fresh_s)
    latest = now + timedelta(seconds=policy.future_s)
    fresh = [one for one in batch if oldest <= one.at <= latest]
    inside = [one for one in fresh if in_jinan(Point(one.longitude, one.latitude))]
    newest = max(inside, key=lambda one: one.at, default=None)
    fix = None if newest is None else Fix(volunteer, newest.point(), min(newest.at, now))
    return Sifted(len(inside), len(batch) - len(fresh), len(fresh) - len(inside), fix)
