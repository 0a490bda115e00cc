"""Accounts, and the log of who looked at whose name and phone."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store, new_id
from contracts.vocabulary import Role, Standing
from services.registration.account.domain import Account

# Partial, so that the many accounts that are no volunteers cost nothing; queries name the condition
# for that.
_IS_VOLUNTEER = {"volunteer.station": {"$gt": ""}}


class Reach(BaseModel):
    """Whom somebody may look at: the volunteers of these areas, and of these squads."""

    areas: tuple[str, ...] = ()
    squads: tuple[str, ...] = ()


class Accounts(Repository[Account]):
    def __init__(self, store: Store) -> None:
        by_station = [
            ("volunteer.station", ASCENDING),
            ("volunteer.standing", ASCENDING),
            ("_id", ASCENDING),
        ]
        super().__init__(
            store,
            "accounts",
            Account,
            IndexModel(by_station, partialFilterExpression=_IS_VOLUNTEER),
            IndexModel([("volunteer.squad", ASCENDING)], partialFilterExpression=_IS_VOLUNTEER),
            IndexModel(
                [("id_number_key", ASCENDING)],
                unique=True,
                partialFilterExpression={"id_number_key": {"$gt": ""}},
            ),
        )

    async def exists(self, id: str) -> bool:
        return await self.collection.find_one({"_id": id}, {"_id": 1}) is not None

    async def volunteers(
        self,
        reach: Reach,
        *,
        station: str | None,
        standing: Standing | None,
        squad: str | None,
        after: str,
        limit: int,
    ) -> list[Account]:
        """Within `reach`, in the order of their ids, from beyond `after`."""
        within: list[Document] = [
            {"volunteer.area": {"$gte": area, "$lt": f"{area}~"}} for area in reach.areas
        ]
        within += [{"volunteer.squad": of} for of in reach.squads]
        query: Document = {
            "_id": {"$gt": after},
            "volunteer.station": station or {"$gt": ""},
            "$or": within,
        }
        if standing:
            query["volunteer.standing"] = standing
        if squad:
            query["volunteer.squad"] = squad
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit) if within else []

    async def leaders_of(self, squad: str) -> list[Account]:
        """Who holds the leader's grant that follows from being named: more than one for a moment
        after a change."""
        leads = {"$elemMatch": {"role": "leader", "squad": squad, "source": "squad"}}
        return await self.find({**_IS_VOLUNTEER, "volunteer.squad": squad, "grants": leads})


class Look(BaseModel):
    """Somebody looked at the name or phone of `person`. `by` is an account."""

    person: str
    by: str
    by_role: Role
    at: datetime
    what: list[str]


class Looks:
    """One document a look; a look is written before it is given."""

    def __init__(self, store: Store) -> None:
        index = IndexModel([("person", ASCENDING), ("at", DESCENDING)])
        self._collection = store.collection("person_looks", index)

    async def write(self, looks: Sequence[Look]) -> None:
        if looks:
            documents = [{"_id": new_id("look"), **look.model_dump()} for look in looks]
            await self._collection.insert_many(documents, ordered=False)

    async def at(self, person: str, limit: int = 100) -> list[Look]:
        """The latest first."""
        cursor = self._collection.find({"person": person}, limit=limit, max_time_ms=5000).sort(
            "at", DESCENDING
        )
        return [Look.model_validate(document) async for document in cursor]
