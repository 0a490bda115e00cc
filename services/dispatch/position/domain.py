"""Which of the positions that a phone sends is kept: the newest fresh one. No track is kept."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from jinan.coordinates import Datum, Point, in_jinan, to_wgs84
from services.dispatch.policy import DispatchPolicy

MAX_BATCH = 50


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


class Malformed(NamedTuple):
    """A fix that cannot be read: its number in the batch from 0, and what pydantic found."""

    number: int
    errors: Sequence[Mapping[str, Any]]


def readable(
    batch: object, read: Callable[[object], list[TimedLocation]]
) -> list[TimedLocation | Malformed]:
    """All fixes at once, as nearly always; else one by one, so that a bad one costs only itself.

    Raises pydantic.ValidationError where none can be read, or it is no list of fixes.
    """
    try:
        return [*read(batch)]
    except ValidationError:
        fixes = cast(list[object], batch) if isinstance(batch, list) else []
        if not 0 < len(fixes) <= MAX_BATCH:
            raise
        found = [_one(index, fix, read) for index, fix in enumerate(fixes)]
        if all(isinstance(fix, Malformed) for fix in found):
            raise
        return found


def _one(
    index: int, fix: object, read: Callable[[object], list[TimedLocation]]
) -> TimedLocation | Malformed:
    try:
        return read([fix])[0]
    except ValidationError as refused:
        return Malformed(index, [*refused.errors(include_url=False, include_input=False)])


class Sifted(NamedTuple):
    """Counts of a batch, and the one fix to keep. `clock_off_s`: how far the phone's clock is ahead
    of ours, in seconds, where that is too much; less than 0 is behind."""

    accepted: int
    stale: int
    outside: int
    newest: Fix | None
    clock_off_s: int | None = None


class _PhoneTime(NamedTuple):
    """What the phone's clock says now, and how far that is ahead of ours where it is too much."""

    now: datetime
    off: timedelta | None = None


def sift(
    volunteer: str,
    batch: Sequence[TimedLocation],
    now: datetime,
    policy: DispatchPolicy,
    sent_at: datetime | None = None,
) -> Sifted:
    """The newest fix that is fresh: not too old, and no further in the future than a phone's clock
    may be ahead. `sent_at`: what the phone's clock said when it sent the batch; where it is off,
    the ages of the fixes are taken by it.

    Where none is fresh the newest is kept as one of a while ago: nobody can tell an old one from
    one of a clock that is behind. It is a place to be assumed, and replaces no fresher one.
    """
    inside = [one for one in batch if in_jinan(Point(one.longitude, one.latitude))]
    phone = _phone_time([one.at for one in inside], now, policy, sent_at)
    ages = [(phone.now - one.at, one) for one in inside]
    fresh = [(age, one) for age, one in ages if _is_fresh(age, policy)]
    past = fresh or [(age, one) for age, one in ages if age > timedelta()]
    fix = None
    if past:
        age, newest = min(past, key=lambda one: one[0])
        age = min(max(age, timedelta()), timedelta(seconds=policy.late_s))
        fix = Fix(volunteer, newest.point(), now - age)
    accepted = len(fresh) or len(past[:1])
    off_s = None if phone.off is None else round(phone.off.total_seconds())
    return Sifted(accepted, len(inside) - accepted, len(batch) - len(inside), fix, off_s)


def _phone_time(
    times: Sequence[datetime], now: datetime, policy: DispatchPolicy, sent_at: datetime | None
) -> _PhoneTime:
    """Ours, where a fix is fresh by it: phones often take the time of fixes from satellites. The
    phone's own, where it is told and is off. Else that of the newest fix, if it is yet to come:
    such a clock is ahead, and a phone sends what it just found."""
    allowed = timedelta(seconds=policy.future_s)
    off = None if sent_at is None else sent_at - now
    told = off if off is not None and abs(off) > allowed else None
    if any(_is_fresh(now - at, policy) for at in times) or not times:
        return _PhoneTime(now, told)
    if sent_at is not None:
        return _PhoneTime(now if told is None else sent_at, told)
    newest = _newest(times, policy)
    if newest - now > allowed:
        return _PhoneTime(newest, newest - now)
    is_long_ago = now - newest > timedelta(seconds=policy.assumed_s)
    return _PhoneTime(now, newest - now if is_long_ago else None)


def _newest(times: Sequence[datetime], policy: DispatchPolicy) -> datetime:
    """Of those that lie together: a single wrong one decides nothing."""
    middle = sorted(times)[len(times) // 2]
    return max(at for at in times if at - middle <= timedelta(seconds=policy.assumed_s))


def _is_fresh(age: timedelta, policy: DispatchPolicy) -> bool:
    return -timedelta(seconds=policy.future_s) <= age <= timedelta(seconds=policy.fresh_s)
