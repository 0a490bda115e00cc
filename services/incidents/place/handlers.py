"""Finding the place of a report: inside Jinan, in the community named, and whose station that
is."""

from dataclasses import dataclass

from chassis.domain import Refusal
from jinan.areas import district_of, street_of
from jinan.coordinates import Datum, Point, distance_m, to_wgs84
from jinan.districts import Districts, codes_at
from services.incidents.place.store import Station, Stations

NEAR_M = 5000.0
"""Farther than this, a station is not taken for the one that serves a place without a community."""


@dataclass(frozen=True)
class Place:
    """Position WGS-84. `area`: the community, else the street of the nearest station, else the
    district."""

    point: Point
    area: str
    station: str | None


class PlaceHandlers:
    def __init__(
        self, districts: Districts, communities: frozenset[str], stations: Stations
    ) -> None:
        self._districts, self._communities, self._stations = districts, communities, stations

    async def find(self, given: Point, datum: Datum, community: str | None) -> Place:
        """Raises Refusal (422) that names `body.location` or `body.community`."""
        point = to_wgs84(given, datum)
        district = self._districts.of(point)
        if district is None:
            raise Refusal("outside_jinan", "body.location")
        if community is None:
            return await self._nearest(point, district)
        self.check_community(community)
        if not self._districts.holds(district_of(community), point):
            raise Refusal("community_elsewhere", "body.community")
        return Place(point, community, await self.station_of(community))

    def check_community(self, community: str) -> None:
        """Raises Refusal (422) for a code that no community of Jinan has."""
        if community not in self._communities:
            raise Refusal("community_unknown", "body.community")

    async def station_of(self, area: str) -> str | None:
        """None while no station is known to serve the street, and for a whole district."""
        if len(area) < 9:
            return None
        station = await self._stations.serving(street_of(area))
        return station.id if station else None

    async def streets_of(self, station: str) -> tuple[str, ...]:
        """Empty for a station that is not known."""
        found = await self._stations.get(station)
        return found.streets if found else ()

    async def keep(self, station: Station, seq: int) -> None:
        await self._stations.keep(station, seq)

    async def _nearest(self, point: Point, district: str) -> Place:
        """The street is the station's first one in the district: its officers see what lies near
        their door.

        The drawn boundary is rough: where its own district has no station near, a neighbour's
        answers at the edge.
        """
        others = [other for other in self._districts.around(point) if other != district]
        for codes in (
            codes_at(district),
            tuple(code for other in others for code in codes_at(other)),
        ):
            found = [station for code in codes for station in await self._stations.within(code)]
            nearest = min(found, key=lambda s: (distance_m(point, s.door), s.id), default=None)
            if nearest is not None and distance_m(point, nearest.door) <= NEAR_M:
                street = next(s for s in sorted(nearest.streets) if district_of(s) in codes)
                return Place(point, street, nearest.id)
        return Place(point, district, None)
