"""Locating a report: inside Jinan, in which community or street, served by which station."""

import math

from chassis.clock import Clock
from chassis.domain import Refusal
from contracts.vocabulary import Route
from jinan.areas import district_of, street_of
from jinan.coordinates import Datum, Point, distance_m, to_wgs84
from jinan.districts import Districts, codes_within
from jinan.divisions import streets_in
from services.incidents.place.domain import Place, Served, Street
from services.incidents.replicas.committees import Committees
from services.incidents.replicas.stations import Station, Stations

_MAX_STATION_M = 5000.0
"""A station farther away is not assumed to serve a place that names no community."""


class PlaceHandlers:
    def __init__(
        self,
        districts: Districts,
        communities: frozenset[str],
        stations: Stations,
        committees: Committees,
        clock: Clock,
    ) -> None:
        self._districts, self._communities = districts, communities
        self._stations, self._committees, self._clock = stations, committees, clock

    async def find(self, given: Point, datum: Datum, community: str | None) -> Place:
        """Raises Refusal that names `body.location` or `body.community`."""
        point = to_wgs84(given, datum)
        district = self._districts.district_at(point)
        if district is None:
            raise Refusal("outside_jinan", "body.location")
        if community is None:
            return await self._nearest(point, district)
        self.check_community(community)
        named = district_of(community)
        # What lies in a district lies within its tolerance too.
        if named != district and not self._districts.contains(named, point):
            raise Refusal("community_elsewhere", "body.community")
        return Place(point, community, await self.station_of(community))

    def check_community(self, community: str) -> None:
        """Raises Refusal for a code that no community of Jinan has."""
        if community not in self._communities:
            raise Refusal("community_unknown", "body.community")

    async def station_of(self, area: str) -> str | None:
        """None for a whole district, and while no known station serves the street."""
        if len(area) < 9:
            return None
        station = await self._stations.serving(street_of(area))
        return station.id if station else None

    async def served(self, area: str, route: Route) -> Served:
        """Whether the committee is staffed is looked up only where the route leads to it."""
        staffed = route != "committee" or await self._committees.staffed(area, self._clock.now())
        return Served(await self.station_of(area), staffed)

    async def streets_of(self, station: str) -> tuple[str, ...]:
        """Empty for an unknown station."""
        found = await self._stations.get(station)
        return found.streets if found else ()

    async def candidates(self, given: Point, datum: Datum) -> tuple[str, list[Street]]:
        """The district, and the streets of it and of those close by: the nearest station's first,
        then those of the district. Raises Refusal that names the query's place."""
        point = to_wgs84(given, datum)
        district = self._districts.district_at(point)
        if district is None:
            key = "problem.outside_jinan"
            fields = {"query.longitude": key, "query.latitude": key}
            raise Refusal("outside_jinan", fields=fields)
        close = [other for other in self._districts.near(point) if other != district]
        codes = dict.fromkeys(code for one in (district, *close) for code in codes_within(one))
        found = [await self._street(code, point) for within in codes for code in streets_in(within)]
        return district, sorted(found, key=_nearness)

    async def _street(self, code: str, point: Point) -> Street:
        station = await self._stations.serving(code)
        if station is None:
            return Street(code)
        return Street(code, station.id, distance_m(point, station.door))

    async def _nearest(self, point: Point, district: str) -> Place:
        """The first street of the nearest station in the district. Boundaries are approximate:
        where the district has no station nearby, neighbouring districts are searched too."""
        own = codes_within(district)
        others = [other for other in self._districts.near(point) if other != district]
        for codes in (own, tuple(code for other in others for code in codes_within(other))):
            found = [station for code in codes for station in await self._stations.within(code)]
            nearest = min(found, key=lambda s: _distance(s, point), default=None)
            if nearest is not None and _distance(nearest, point)[0] <= _MAX_STATION_M:
                street = next(s for s in sorted(nearest.streets) if district_of(s) in codes)
                return Place(point, street, nearest.id)
        return Place(point, district, None)


def _nearness(street: Street) -> float:
    return math.inf if street.station_m is None else street.station_m


def _distance(station: Station, point: Point) -> tuple[float, str]:
    """In metres, with the id to break ties."""
    return distance_m(point, station.door), station.id
