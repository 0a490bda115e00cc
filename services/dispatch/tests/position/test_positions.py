"""Which position of a batch is kept."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jinan.coordinates import Point, distance_m, gcj02_from_wgs84, in_jinan
from services.dispatch.policy import POLICIES
from services.dispatch.position.api import PositionBatch
from services.dispatch.position.domain import Location, Malformed, Sifted, TimedLocation, sift

POLICY = POLICIES.of("2026-01")
NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
HERE = Point(116.942, 36.6695)


def fix(seconds_ago: float, point: Point = HERE, **more: Any) -> TimedLocation:
    at = NOW - timedelta(seconds=seconds_ago)
    return TimedLocation(longitude=point.longitude, latitude=point.latitude, at=at, **more)


def test_the_newest_is_kept_in_whatever_order_they_come():
    newest = Point(116.95, 36.67)
    sifted = sift("a", [fix(60), fix(5, newest), fix(30)], NOW, POLICY)
    assert (sifted.accepted, sifted.stale, sifted.outside) == (3, 0, 0)
    assert sifted.newest is not None
    assert (sifted.newest.point, sifted.newest.at) == (newest, NOW - timedelta(seconds=5))


def test_old_ones_and_those_of_the_future_are_stale():
    sifted = sift("a", [fix(301), fix(-121), fix(300)], NOW, POLICY)
    assert (sifted.accepted, sifted.stale, sifted.clock_off_s) == (1, 2, None)
    assert kept(sifted) == 300


@pytest.mark.parametrize(
    ("age", "counts_as", "off"),
    [(301, 301, None), (1000, 1000, None), (1700, 1200, None), (7200, 1200, -7200)],
)
def test_without_a_fresh_one_the_newest_is_a_place_to_be_assumed(
    age: float, counts_as: float, off: int | None
):
    """It may be old, or the phone's clock is behind: nothing tells."""
    sifted = sift("a", [fix(age + 60), fix(age)], NOW, POLICY)
    assert (sifted.accepted, sifted.stale, sifted.clock_off_s) == (1, 1, off)
    assert kept(sifted) == counts_as


@pytest.mark.parametrize("off", [-86_400 * 365 * 50, -7200, -600, -121, 121, 7200, 86_400 * 365])
def test_a_phone_that_tells_its_time_is_on_the_map_however_wrong_that_is(off: int):
    batch = [fix(35 - off), fix(5 - off), fix(400 - off)]
    sifted = sift("a", batch, NOW, POLICY, NOW + timedelta(seconds=off))
    assert sifted.clock_off_s == off
    if abs(off) > 300:
        assert (sifted.accepted, sifted.stale) == (2, 1)
        assert kept(sifted) == 5
    else:
        assert kept(sifted) <= 300, "fresh by either clock"


@pytest.mark.parametrize("off", [900, 7200, 86_400 * 365 * 20])
def test_a_clock_that_is_ahead_is_seen_without_being_told(off: int):
    sifted = sift("a", [fix(90 - off), fix(-off), fix(400 - off)], NOW, POLICY)
    assert (sifted.accepted, sifted.stale, sifted.clock_off_s) == (2, 1, off)
    assert kept(sifted) == 0


def test_satellites_tell_the_time_of_fixes_whatever_the_phones_clock_says():
    sifted = sift("a", [fix(65), fix(5)], NOW, POLICY, NOW - timedelta(hours=2))
    assert (sifted.accepted, sifted.clock_off_s) == (2, -7200)
    assert kept(sifted) == 5


def test_one_fix_with_a_wrong_year_decides_nothing():
    year = 86_400 * 365
    assert kept(sift("a", [fix(-70 * year), fix(30), fix(90)], NOW, POLICY)) == 30
    ahead = sift("a", [fix(-70 * year), fix(-7200), fix(-7140), fix(-7080)], NOW, POLICY)
    assert (ahead.accepted, ahead.stale, ahead.clock_off_s) == (3, 1, 7200)


TIMES = st.datetimes(timezones=st.just(UTC))
OFFS = st.floats(-4000, 4000).map(lambda s: timedelta(seconds=s))


@given(st.lists(TIMES | OFFS.map(lambda off: NOW + off), min_size=1, max_size=6), TIMES | st.none())
def test_whatever_the_clocks_say_a_fix_is_kept_with_an_age_that_may_be(
    times: list[datetime], sent_at: datetime | None
):
    place = {"longitude": HERE.longitude, "latitude": HERE.latitude}
    batch = [TimedLocation.model_validate(place | {"at": at}) for at in times]
    sifted = sift("a", batch, NOW, POLICY, sent_at)
    assert sifted.accepted + sifted.stale == len(batch)
    assert (sifted.newest is not None) == (sifted.accepted > 0)
    if sifted.newest is not None:
        assert 0 <= kept(sifted) <= POLICY.late_s
    if sent_at is None:
        assert sifted.newest is not None, "on the map"


def kept(sifted: Sifted) -> float:
    """How old the fix counts that is kept, in seconds."""
    assert sifted.newest is not None
    return (NOW - sifted.newest.at).total_seconds()


def batch(*fixes: Any) -> PositionBatch:
    return PositionBatch.model_validate_json(json.dumps({"positions": fixes}))


GOOD = {"longitude": 116.9, "latitude": 36.6, "at": NOW.isoformat()}


@pytest.mark.parametrize(
    "bad",
    [
        GOOD | {"latitude": 91},
        GOOD | {"longitude": "east"},
        GOOD | {"at": "2026-05-20T12:00:00"},
        GOOD | {"at": "yesterday"},
        GOOD | {"speed": 3},
        {"longitude": 116.9},
        None,
        [],
        "fix",
    ],
)
def test_one_bad_fix_does_not_cost_the_batch(bad: Any):
    """Case A16: dropped, counted, and told why."""
    first, second, third = batch(GOOD, bad, GOOD).positions
    assert isinstance(first, TimedLocation)
    assert isinstance(third, TimedLocation)
    assert isinstance(second, Malformed)
    assert second.number == 1


def test_a_batch_without_one_good_fix_or_of_too_many_is_refused():
    for fixes in ([GOOD | {"latitude": 91}], [], [GOOD] * 51, [None, *[GOOD] * 50]):
        with pytest.raises(ValidationError):
            batch(*fixes)


def test_a_clock_that_is_ahead_a_little_means_now():
    sifted = sift("a", [fix(-60)], NOW, POLICY)
    assert sifted.newest is not None
    assert sifted.newest.at == NOW


def test_one_place_outside_jinan_does_not_cost_the_batch():
    sifted = sift("a", [fix(1, Point(121.47, 31.23)), fix(10)], NOW, POLICY)
    assert (sifted.accepted, sifted.outside) == (1, 1)
    assert sifted.newest is not None
    assert sifted.newest.point == HERE


def test_gcj02_of_phones_becomes_wgs84():
    shown = gcj02_from_wgs84(HERE)
    assert distance_m(shown, HERE) > 300
    sifted = sift("a", [fix(1, shown, datum="gcj02")], NOW, POLICY)
    assert sifted.newest is not None
    assert distance_m(sifted.newest.point, HERE) < 0.01


@pytest.mark.parametrize(
    "place",
    [
        {"longitude": float("nan"), "latitude": 36.6},
        {"longitude": 116.9, "latitude": float("inf")},
        {"longitude": 181, "latitude": 36.6},
        {"longitude": 116.9},
        {"longitude": {"$ne": 1}, "latitude": 36.6},
        {"longitude": 116.9, "latitude": 36.6, "datum": "bd09"},
        {"longitude": 116.9, "latitude": 36.6, "speed": 1},
    ],
)
def test_a_place_is_two_finite_numbers_in_a_known_datum(place: dict[str, Any]):
    with pytest.raises(ValidationError):
        Location.model_validate(place)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValidationError):
        TimedLocation.model_validate(
            {"longitude": 116.9, "latitude": 36.6, "at": "2026-05-20T12:00:00"}
        )


def test_the_box_around_jinan():
    assert in_jinan(HERE)
    assert in_jinan(Point(117.66, 36.21)), "Laiwu"
    assert not in_jinan(Point(116.3, 39.9)), "Beijing"
