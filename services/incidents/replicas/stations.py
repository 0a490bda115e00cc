"""Stations and the streets they serve, as registration last published them."""

from dataclasses import dataclass

from pymongo import ASCENDING, IndexModel

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.store import Document, Store
from contracts.events.registration import StationRegistered
from jinan.coordinates import Point


@dataclass(frozen=True)
class Station:
    """`door`: WGS-84 degrees."""

    id: str
    streets: tuple[str, ...]
    door: Point


class Stations:
    def __init__(self, store: Store) -> None:
        self._stations = Projection(store, "stations", IndexModel([("streets", ASCENDING)]))

    async def registered(self, event: StationRegistered, message: Message) -> None:
        await self._stations.keep(
            event.station,
            message.seq,
            streets=list(event.streets),
            longitude=event.longitude,
            latitude=event.latitude,
        )

    async def get(self, id: str) -> Station | None:
        found = await self._stations.get(id)
        return _station(found) if found else None

    async def serving(self, street: str) -> Station | None:
        """The station that serves a street (9 digits)."""
        found = await self._stations.collection.find_one(
            {"streets": street}, sort=[("_id", ASCENDING)], max_time_ms=5000
        )
        return _station(found) if found else None

    async def within(self, district: str) -> list[Station]:
        """Those that serve streets of a district (6 digits)."""
        query = {"streets": {"$gte": district, "$lt": district + ":"}}  # ':' follows '9'
        found = self._stations.collection.find(query, limit=200, max_time_ms=5000)
        return [_station(document) async for document in found]


def _station(document: Document) -> Station:
    door = Point(document["longitude"], document["latitude"])
    return Station(document["_id"], tuple(document["streets"]), door)
