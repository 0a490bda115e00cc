"""Registers stations and lists them."""

from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal, require
from jinan.areas import CITY
from jinan.divisions import names
from services.registration.account.store import Accounts
from services.registration.station import domain
from services.registration.station.domain import Station
from services.registration.station.store import Stations


class StationHandlers:
    def __init__(self, stations: Stations, accounts: Accounts) -> None:
        self._stations, self._accounts = stations, accounts

    async def page(self, after: str, limit: int) -> list[Station]:
        """Up to `limit` + 1, by id, from beyond `after`."""
        return await self._stations.page(after, limit + 1)

    async def one(self, id: str) -> Station:
        """Raises NotFound."""
        return await self._stations.require(id)

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
            require(who.may("station.register", street))
            if street not in names():
                raise Refusal("area_unknown", "body.streets")
        if not await self._accounts.hold_without_end("officer", CITY, besides=()):
            raise Refusal("no_city_officer")
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
