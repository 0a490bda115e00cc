"""Accounts, and the log of who read whose name and phone."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.domain import Frozen
from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store, new_id
from contracts.vocabulary import Role
from services.registration.account.domain import Account

_LATEST = [("at", DESCENDING), ("_id", DESCENDING)]
# Partial: most accounts are no volunteers. A query must repeat the condition to use the index.
IS_VOLUNTEER = {"volunteer.station": {"$gt": ""}}
_BY_HAND = {"grants.source": "hand"}


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
            IndexModel(by_station, partialFilterExpression=IS_VOLUNTEER),
            IndexModel([("volunteer.squad", ASCENDING)], partialFilterExpression=IS_VOLUNTEER),
            IndexModel(
                [("grants.role", ASCENDING), ("grants.area", ASCENDING)],
                partialFilterExpression=_BY_HAND,
            ),
            IndexModel(
                [("id_number_key", ASCENDING)],
                unique=True,
                partialFilterExpression={"id_number_key": {"$gt": ""}},
            ),
        )

    async def exists(self, id: str) -> bool:
        return await self.collection.find_one({"_id": id}, {"_id": 1}) is not None

    async def hold_without_end(self, role: Role, area: str, besides: Sequence[str]) -> bool:
        """Whether somebody besides these accounts was given the role for this area by hand, without
        an end."""
        grant = {"role": role, "area": area, "source": "hand", "until": None}
        query = {**_BY_HAND, "grants": {"$elemMatch": grant}, "_id": {"$nin": list(besides)}}
        return await self.collection.find_one(query, {"_id": 1}, max_time_ms=5000) is not None

    async def among(self, ids: Sequence[str]) -> list[Account]:
        """Those of the ids that exist."""
        return await self.find({"_id": {"$in": list(ids)}}, limit=len(ids)) if ids else []

    async def with_id_numbers(self, keys: Sequence[str]) -> list[Account]:
        """Accounts with one of these ID numbers, given by their keyed hashes."""
        query = {"id_number_key": {"$in": list(keys), "$gt": ""}}
        return await self.find(query, limit=len(keys)) if keys else []


class AccessLogEntry(Frozen):
    """`by` (an account) read fields of `person`, as `by_role`."""

    id: str = ""
    """Given by the store."""
    person: str
    by: str
    by_role: Role
    at: datetime
    fields: tuple[str, ...]


class AccessLog:
    """One document for each access to a person's fields, written before the answer."""

    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "access_log", IndexModel([("person", ASCENDING), *_LATEST])
        )

    async def write(self, entries: Sequence[AccessLogEntry]) -> None:
        if entries:
            documents = [
                entry.model_dump(exclude={"id"}) | {"_id": new_id("read")} for entry in entries
            ]
            await self._collection.insert_many(documents, ordered=False)

    async def of(
        self, person: str, after: tuple[datetime, str] | None, limit: int
    ) -> list[AccessLogEntry]:
        """The latest first; from beyond the entry at (time, id)."""
        query = {"person": person, **behind("at", after)}
        found = self._collection.find(query, limit=limit, max_time_ms=5000).sort(_LATEST)
        return [AccessLogEntry.model_validate(d | {"id": d["_id"]}) async for d in found]
