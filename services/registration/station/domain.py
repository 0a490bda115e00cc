"""Police stations and the streets they serve."""

from chassis.domain import Aggregate, Decision
from contracts.events.registration import StationRegistered
from jinan.areas import covers


class Station(Aggregate):
    """Position of its door: WGS-84 degrees."""

    name: str
    streets: tuple[str, ...]
    longitude: float
    latitude: float

    def serves(self, area: str) -> bool:
        return any(covers(street, area) for street in self.streets)

    def overlaps(self, area: str) -> bool:
        """Whether it serves the area or a part of it."""
        return any(covers(area, street) or covers(street, area) for street in self.streets)


def register(station: Station) -> Decision[Station]:
    registered = StationRegistered(
        station=station.id,
        streets=station.streets,
        longitude=station.longitude,
        latitude=station.latitude,
    )
    return station, [registered]
