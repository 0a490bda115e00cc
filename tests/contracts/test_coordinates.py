"""WGS-84 and GCJ-02."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinan.coordinates import Point, distance_m, gcj02_from_wgs84, to_wgs84, wgs84_from_gcj02

china = st.builds(Point, st.floats(73.7, 135.0), st.floats(18.2, 53.5))
jinan = st.builds(Point, st.floats(116.2, 117.8), st.floats(35.9, 37.6))


@given(china)
def test_there_and_back_is_the_same_place(place: Point):
    assert distance_m(place, wgs84_from_gcj02(gcj02_from_wgs84(place))) < 0.1


@given(jinan)
def test_in_jinan_the_two_are_hundreds_of_metres_apart(place: Point):
    assert 300 < distance_m(place, gcj02_from_wgs84(place)) < 900


def test_a_known_place():
    """Tiananmen: WGS-84 116.39128, 39.90734 is shown at about 116.39752, 39.90874 on Chinese
    maps."""
    shown = gcj02_from_wgs84(Point(116.39128, 39.90734))
    assert shown.longitude == pytest.approx(116.39752, abs=2e-4)
    assert shown.latitude == pytest.approx(39.90874, abs=2e-4)


def test_only_gcj02_is_changed_at_the_edge():
    place = Point(116.94, 36.67)
    assert to_wgs84(place, "wgs84") == place
    assert 300 < distance_m(to_wgs84(place, "gcj02"), place) < 900


@given(jinan, jinan)
def test_distance_is_the_same_both_ways_and_none_to_itself(a: Point, b: Point):
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert distance_m(a, a) == 0


def test_a_minute_of_latitude_is_a_nautical_mile():
    assert distance_m(Point(117, 36), Point(117, 36 + 1 / 60)) == pytest.approx(1853, abs=2)
