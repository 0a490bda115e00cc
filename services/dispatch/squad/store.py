"""Squads with their leaders, and stations with their streets: what registration last said of
them."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from chassis.mongo.store import Document, Store


class Squads:
    def __init__(self, store: Store) -> None:
        self._squads = store.collection("squads", IndexModel([("station", ASCENDING)]))

    async def keep(self, squad: str, station: str, leader: str | None, seq: int) -> None:
        """The highest seq is the truth."""
        await _keep(self._squads, squad, seq, {"station": station, "leader": leader})

    async def leaders(self, station: str | None) -> tuple[str, ...]:
        """Accounts that lead a squad of the station, in order."""
        if station is None:
            return ()
        query = {"station": station, "leader": {"$ne": None}}
        cursor = self._squads.find(query, {"leader": 1}, limit=200, max_time_ms=5000)
        return tuple(sorted({document["leader"] async for document in cursor}))


class Stations:
    def __init__(self, store: Store) -> None:
        self._stations = store.collection("stations")

    async def keep(self, station: str, streets: tuple[str, ...], seq: int) -> None:
        await _keep(self._stations, station, seq, {"streets": list(streets)})

    async def streets(self, station: str) -> tuple[str, ...]:
        """Empty for a station that is not known."""
        found = await self._stations.find_one({"_id": station}, max_time_ms=5000)
        return tuple(found["streets"]) if found else ()


async def _keep(
    collection: AsyncCollection[Document], id: str, seq: int, fields: Mapping[str, Any]
) -> None:
    try:
        await collection.update_one(
            {"_id": id, "seq": {"$lt": seq}}, {"$set": {**fields, "seq": seq}}, upsert=True
        )
    except DuplicateKeyError:  # a repeat, or older than what is there
        return
