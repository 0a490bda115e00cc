"""Stations; a street is served by one of them."""

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.registration.station.domain import Station


class Stations(Repository[Station]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store, "stations", Station, IndexModel([("streets", ASCENDING)], unique=True)
        )

    async def page(self, after: str, limit: int) -> list[Station]:
        """By id, from beyond `after`."""
        return await self.find({"_id": {"$gt": after}}, sort=[("_id", ASCENDING)], limit=limit)

    async def serving(self, streets: Sequence[str]) -> list[Station]:
        return await self.find({"streets": {"$in": list(streets)}})
