"""Police stations and the streets they serve."""

from collections.abc import Sequence

from chassis.aggregate import Aggregate
from contracts.areas import covers
from contracts.event import Event
from contracts.registration import StationRegistered


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
