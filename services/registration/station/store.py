"""Stations; a street is served by one of them."""

from pymongo import ASCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.registration.station.domain import Station


class Stations(Repository[Station]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store, "stations", Station, IndexModel([("streets", ASCENDING)], unique=True)
        )

    async def all(self) -> list[Station]:
        """The city has some hundred."""
        return await self.find({}, sort=[("_id", ASCENDING)], limit=1000)
