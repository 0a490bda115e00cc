"""The stations and the streets they serve, as registration last told."""

from dataclasses import dataclass

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.mongo.store import Document, Store
from jinan.coordinates import Point


@dataclass(frozen=True)
class Station:
    """Position of its door, WGS-84 degrees."""

    id: str
    streets: tuple[str, ...]
    door: Point


class Stations:
    def __init__(self, store: Store) -> None:
        self._stations = store.collection("stations", IndexModel([("streets", ASCENDING)]))

    async def keep(self, station: Station, seq: int) -> None:
        """The highest seq is the truth."""
        fields = {
            "streets": list(station.streets),
            "longitude": station.door.longitude,
            "latitude": station.door.latitude,
            "seq": seq,
        }
        try:
            await self._stations.update_one(
                {"_id": station.id, "seq": {"$lt": seq}}, {"$set": fields}, upsert=True
            )
        except DuplicateKeyError:  # a repeat, or older than what is there
            return

    async def get(self, id: str) -> Station | None:
        found = await self._stations.find_one({"_id": id}, max_time_ms=5000)
        return _station(found) if found else None

    async def serving(self, street: str) -> Station | None:
        """The station that serves a street (9 digits)."""
        found = await self._stations.find_one(
            {"streets": street}, sort=[("_id", ASCENDING)], max_time_ms=5000
        )
        return _station(found) if found else None

    async def within(self, district: str) -> list[Station]:
        """Those that serve streets of a district (6 digits)."""
        query = {"streets": {"$gte": district, "$lt": district + ":"}}  # ':' comes right after '9'
        return [
            _station(found)
            async for found in self._stations.find(query, limit=200, max_time_ms=5000)
        ]


def _station(document: Document) -> Station:
    door = Point(document["longitude"], document["latitude"])
    return Station(document["_id"], tuple(document["streets"]), door)
