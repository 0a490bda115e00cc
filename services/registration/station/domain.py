"""Police stations and the streets they serve."""

from collections.abc import Sequence

from chassis.domain import Aggregate
from contracts.envelope import Event
from contracts.events.registration import StationRegistered
from jinan.areas import covers


class Station(Aggregate):
    """Its door: WGS-84 degrees."""

    name: str
    streets: tuple[str, ...]
    longitude: float
    latitude: float

    def serves(self, area: str) -> bool:
        return any(covers(street, area) for street in self.streets)


def register(station: Station) -> tuple[Station, Sequence[Event]]:
    event = StationRegistered(
        station=station.id,
        streets=station.streets,
        longitude=station.longitude,
        latitude=station.latitude,
    )
    return station, [event]
