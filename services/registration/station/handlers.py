"""Register a station, and list them."""

from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal
from services.registration.station import domain
from services.registration.station.domain import Station
from services.registration.station.store import Stations


class StationHandlers:
    def __init__(self, stations: Stations) -> None:
        self._stations = stations

    async def all(self) -> list[Station]:
        return await self._stations.all()

    async def register(
        self,
        who: Principal,
        name: str,
        streets: tuple[str, ...],
        longitude: float,
        latitude: float,
        cause: Cause,
    ) -> Station:
        for street in streets:
            who.require("station.register", street)
        station = Station(
            id=cause.derive("sta"),
            name=name,
            streets=streets,
            longitude=longitude,
            latitude=latitude,
        )
        try:
            return await self._stations.add(*domain.register(station), cause)
        except DuplicateKey:
            raise Refusal("street_served", "body.streets") from None
