"""Squads and stations, as registration last published them."""

from collections.abc import Collection

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.store import Store
from contracts.events.registration import SquadFormed, StationRegistered
from jinan.areas import covers

_MAX_STATIONS = 5000
"""More are not loaded."""


class Squads(Projection):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "squads")

    async def keep_squad(self, event: SquadFormed, message: Message) -> None:
        await self.keep(event.squad, message.seq, station=event.station, leader=event.leader)

    async def leaders(self, squads: Collection[str]) -> tuple[str, ...]:
        """Accounts that lead these squads, in order."""
        if not squads:
            return ()
        query = {"_id": {"$in": list(squads)}, "leader": {"$ne": None}}
        cursor = self.collection.find(query, {"leader": 1}, limit=200, max_time_ms=5000)
        return tuple(sorted({document["leader"] async for document in cursor}))

    async def leader_of_each(self, squads: Collection[str]) -> dict[str, str]:
        """Squad -> the account that leads it, of those of these squads that have a leader."""
        query = {"_id": {"$in": sorted(squads)}, "leader": {"$ne": None}}
        cursor = self.collection.find(query, {"leader": 1}, max_time_ms=5000)
        return {document["_id"]: document["leader"] async for document in cursor}


class Stations(Projection):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "stations")

    async def keep_station(self, event: StationRegistered, message: Message) -> None:
        await self.keep(event.station, message.seq, streets=list(event.streets))

    async def serving(self, area: str) -> list[str]:
        """Those with a street in the area."""
        stations = await self.all()
        return [one for one, streets in stations.items() if any(covers(area, s) for s in streets)]

    async def all(self) -> dict[str, tuple[str, ...]]:
        """Station -> its streets. Jinan has some two hundred."""
        cursor = self.collection.find({}, {"streets": 1}, limit=_MAX_STATIONS, max_time_ms=5000)
        return {found["_id"]: tuple(found["streets"]) async for found in cursor}

    async def streets(self, station: str) -> tuple[str, ...]:
        """Empty for a station that is not known."""
        found = await self.get(station)
        return tuple(found["streets"]) if found else ()
