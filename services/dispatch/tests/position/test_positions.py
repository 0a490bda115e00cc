"""Which position of a batch is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from jinan.coordinates import Point, distance_m, gcj02_from_wgs84, in_jinan
from services.dispatch.policy import POLICIES
from services.dispatch.position.domain import Location, TimedLocation, sift

POLICY = POLICIES.of("2026-01")
NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
HERE = Point(116.942, 36.6695)


def fix(seconds_ago: float, point: Point = HERE, **more: Any) -> TimedLocation:
    at = NOW - timedelta(seconds=seconds_ago)
    return TimedLocation(longitude=point.longitude, latitude=point.latitude, at=at, **more)


def test_the_newest_is_kept_in_whatever_order_they_come():
    newest = Point(116.95, 36.67)
    sifted = sift("a", [fix(60), fix(5, newest), fix(30)], NOW, POLICY)
    assert (sifted.fresh, sifted.stale, sifted.outside) == (3, 0, 0)
    assert sifted.newest is not None
    assert (sifted.newest.point, sifted.newest.at) == (newest, NOW - timedelta(seconds=5))


def test_old_ones_and_those_of_the_future_are_stale():
    sifted = sift("a", [fix(301), fix(-121), fix(300)], NOW, POLICY)
    assert (sifted.fresh, sifted.stale) == (1, 2)
    assert sift("a", [fix(301)], NOW, POLICY).newest is None


def test_a_clock_that_is_ahead_a_little_means_now():
    sifted = sift("a", [fix(-60)], NOW, POLICY)
    assert sifted.newest is not None
    assert sifted.newest.at == NOW


def test_one_place_outside_jinan_does_not_cost_the_batch():
    sifted = sift("a", [fix(1, Point(121.47, 31.23)), fix(10)], NOW, POLICY)
    assert (sifted.fresh, sifted.outside) == (1, 1)
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
