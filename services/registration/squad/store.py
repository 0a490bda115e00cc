"""Squads; a name is used once at a station."""

from pymongo import ASCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.registration.squad.domain import Squad


class Squads(Repository[Squad]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "squads",
            Squad,
            IndexModel([("station", ASCENDING), ("name", ASCENDING)], unique=True),
            IndexModel([("leader", ASCENDING)], sparse=True),
        )

    async def of(self, station: str) -> list[Squad]:
        return await self.find({"station": station}, sort=[("_id", ASCENDING)], limit=500)

    async def led_by(self, account: str) -> list[Squad]:
        return await self.find({"leader": account})
