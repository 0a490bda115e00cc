"""Where a report lies: in Jinan, in the community that it names."""

from collections.abc import Sequence
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.domain import Refusal
from jinan.coordinates import Point, gcj02_from_wgs84
from jinan.districts import districts
from jinan.divisions import communities, streets_in
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.replicas.committees import Committees
from services.incidents.replicas.stations import Station, Stations

DUANDIAN = Point(116.942, 36.6695)
STATION = Station("sta_duandian", ("370104009",), Point(116.941, 36.667))


class Known:
    """Stations kept in memory."""

    def __init__(self, stations: Sequence[Station] = ()) -> None:
        self.stations = list(stations)

    async def keep(self, station: Station, seq: int) -> None:
        self.stations.append(station)

    async def get(self, id: str) -> Station | None:
        return next((s for s in self.stations if s.id == id), None)

    async def serving(self, street: str) -> Station | None:
        return next((s for s in self.stations if street in s.streets), None)

    async def within(self, district: str) -> list[Station]:
        return [
            s for s in self.stations if any(street.startswith(district) for street in s.streets)
        ]


def places(*stations: Station) -> PlaceHandlers:
    return PlaceHandlers(
        districts(), communities(), cast(Stations, Known(stations)), cast(Committees, None), Clock()
    )


async def test_a_community_has_its_station() -> None:
    place = await places(STATION).find(DUANDIAN, "wgs84", "370104009008")
    assert (place.area, place.station, place.point) == ("370104009008", "sta_duandian", DUANDIAN)


async def test_gcj02_is_kept_as_wgs84() -> None:
    place = await places(STATION).find(gcj02_from_wgs84(DUANDIAN), "gcj02", "370104009008")
    assert place.point.longitude == pytest.approx(DUANDIAN.longitude, abs=1e-7)
    assert place.point.latitude == pytest.approx(DUANDIAN.latitude, abs=1e-7)


async def test_without_a_community_the_nearest_station_answers() -> None:
    place = await places(STATION).find(DUANDIAN, "wgs84", None)
    assert (place.area, place.station) == ("370104009", "sta_duandian")


async def test_just_across_an_approximate_boundary_the_nearest_station_still_answers() -> None:
    spot = Point(116.9535, 36.6716)  # drawn with Tianqiao, 1.2 km from the station's door
    assert districts().district_at(spot) == "370105"
    place = await places(STATION).find(spot, "wgs84", None)
    assert (place.area, place.station) == ("370104009", "sta_duandian")


async def test_without_community_or_station_the_district_is_known() -> None:
    place = await places().find(DUANDIAN, "wgs84", None)
    assert (place.area, place.station) == ("370104", None)


async def test_a_station_too_far_away_is_ignored() -> None:
    west = Point(116.86, 36.70)  # the west of the district, 8 km from the station
    place = await places(STATION).find(west, "wgs84", None)
    assert (place.area, place.station) == ("370104", None)


async def test_a_street_without_a_station_keeps_its_area() -> None:
    place = await places().find(DUANDIAN, "wgs84", "370104009008")
    assert (place.area, place.station) == ("370104009008", None)


@pytest.mark.parametrize(
    "point", [Point(116.4, 39.9), Point(0.0, 0.0), Point(117.12, 36.19), Point(36.67, 117.0 - 90)]
)
async def test_outside_jinan_is_refused_by_field(point: Point) -> None:
    with pytest.raises(Refusal) as refusal:
        await places(STATION).find(point, "wgs84", None)
    assert (refusal.value.code, [*refusal.value.fields]) == ("outside_jinan", ["body.location"])


@pytest.mark.parametrize(
    ("community", "code"),
    [
        ("370104009999", "community_unknown"),
        ("110101001001", "community_unknown"),
        ("370102001002", "community_elsewhere"),
    ],
)
async def test_an_impossible_community_is_refused_by_field(community: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        await places(STATION).find(DUANDIAN, "wgs84", community)
    assert (refusal.value.code, [*refusal.value.fields]) == (code, ["body.community"])


async def test_the_high_tech_zone_is_found_in_the_districts_it_lies_in() -> None:
    """It has communities and stations of its own, but no boundary."""
    spot = Point(117.12, 36.67)  # 舜华路街道
    station = Station("sta_shunhua", ("370176001",), Point(117.121, 36.668))
    here = places(STATION, station)
    community = min(code for code in communities() if code.startswith("370176001"))
    assert (await here.find(spot, "wgs84", community)).station == "sta_shunhua"
    assert (await here.find(spot, "wgs84", None)).area == "370176001"


def test_the_reference_data_is_all_there() -> None:
    assert len(communities()) == 5758
    middle = {"370102": Point(117.07, 36.66), "370104": DUANDIAN, "370116": Point(117.66, 36.21)}
    for code, point in middle.items():
        assert districts().district_at(point) == code


async def test_the_streets_that_a_point_may_lie_in_the_nearest_first() -> None:
    far = Station("sta_far", ("370104008",), Point(116.99, 36.67))
    district, streets = await places(far, STATION).candidates(DUANDIAN, "wgs84")
    assert district == "370104"
    assert [street.code for street in streets[:2]] == ["370104009", "370104008"]
    assert streets[0].station_m == pytest.approx(292, abs=5)
    own = [street.code for street in streets if street.code.startswith("370104")]
    assert set(own) == set(streets_in("370104"))
    assert all(street.station is None for street in streets[2:])


async def test_streets_across_an_approximate_boundary_may_be_it_too() -> None:
    edge = Point(116.9855, 36.66)  # 370104 ends there, 370103 begins
    district, streets = await places().candidates(edge, "wgs84")
    assert {street.code[:6] for street in streets} >= {"370103", "370104"}
    assert streets[0].code.startswith(district)


async def test_no_streets_outside_jinan() -> None:
    with pytest.raises(Refusal, match="outside_jinan") as refusal:
        await places().candidates(Point(116.4, 39.9), "wgs84")
    assert [*refusal.value.fields] == ["query.longitude", "query.latitude"]
