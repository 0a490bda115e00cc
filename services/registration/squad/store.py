"""Squads, and the accounts of their leaders."""

from pymongo import ASCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.registration.account.domain import Account
from services.registration.account.store import IS_VOLUNTEER, Accounts
from services.registration.squad.domain import Squad


class Squads(Repository[Squad]):
    """A name is used once at a station."""

    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "squads",
            Squad,
            IndexModel([("station", ASCENDING), ("name", ASCENDING)], unique=True),
            IndexModel([("leader", ASCENDING)], sparse=True),
        )

    async def of_station(self, station: str, after: str = "", limit: int = 500) -> list[Squad]:
        """By id, from beyond `after`."""
        query = {"station": station, "_id": {"$gt": after}}
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit)

    async def led_by(self, account: str) -> list[Squad]:
        return await self.find({"leader": account})


async def leaders_of(accounts: Accounts, squad: str) -> list[Account]:
    """Those with the grant that follows from leading the squad: two for a moment after a change."""
    leads = {"$elemMatch": {"role": "leader", "squad": squad, "source": "squad"}}
    return await accounts.find({**IS_VOLUNTEER, "volunteer.squad": squad, "grants": leads})
