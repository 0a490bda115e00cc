"""Police stations and the streets they serve."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from chassis.domain import Aggregate, Decision
from chassis.inputs.typed import Name
from contracts.events.registration import StationRegistered
from jinan.areas import covers

StationId = Annotated[str, StringConstraints(max_length=40, pattern=r"^sta_[0-9a-z]+$")]
StationName = Annotated[
    Name, StringConstraints(min_length=2, max_length=40, pattern=r"^[^\x00-\x1f<>$]+$")
]
Streets = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^3701\d{5}$")], ...],
    Field(min_length=1, max_length=20),
]
Longitude = Annotated[float, Field(ge=116.0, le=118.0, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=35.9, le=37.6, allow_inf_nan=False)]


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
    return station, state(station)


def state(station: Station) -> Sequence[StationRegistered]:
    """All that others keep of it."""
    registered = StationRegistered(
        station=station.id,
        streets=station.streets,
        longitude=station.longitude,
        latitude=station.latitude,
    )
    return [registered]
