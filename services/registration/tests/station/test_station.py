"""Which areas a station has to do with."""

from services.registration.station.domain import Station

HERE, THERE = "370104009", "370102001"


def station(*streets: str) -> Station:
    return Station(id="sta_1", name="here", streets=streets, longitude=116.9, latitude=36.7)


def test_a_station_overlaps_the_areas_that_it_serves_and_those_around_them() -> None:
    both = station(THERE, HERE)
    assert all(both.overlaps(area) for area in ("3701", "370104", HERE, "370104009008"))
    elsewhere = (THERE, "370102", "370104010", "370104010001")
    assert not any(station(HERE).overlaps(area) for area in elsewhere)
