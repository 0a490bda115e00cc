"""Who is about to lose a role that somebody must hold, one document for each such role; and the log
of grants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from chassis.domain import Frozen, derived_id
from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from contracts.events.registration import GrantChange
from jinan.areas import containing
from services.registration.grant.domain import Departures

_LATEST = [("at", DESCENDING), ("_id", DESCENDING)]
_DUPLICATE = 11000


class StoredDepartures(Repository[Departures]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, "departures", Departures)


class GrantLogEntry(GrantChange, Frozen):
    """An `account`'s. `reason`: the words of `why`, where they were looked up."""

    id: str
    account: str
    reason: str | None = None


class GrantLog:
    """Entries are added and never changed. Reasons are words, which no event has: they are kept
    apart."""

    def __init__(self, store: Store) -> None:
        self._entries = store.collection(
            "grant_log",
            IndexModel([("account", ASCENDING), *_LATEST]),
            IndexModel([("within", ASCENDING), *_LATEST]),
        )
        self._reasons = store.collection("grant_reasons", IndexModel([("account", ASCENDING)]))

    async def keep_reason(self, id: str, account: str, sealed: bytes) -> None:
        kept = {"account": account, "reason": Binary(sealed)}
        await self._reasons.update_one({"_id": id}, {"$setOnInsert": kept}, upsert=True)

    async def erase(self, account: str) -> None:
        """The words of the reasons; who gave and took what stays."""
        await self._reasons.delete_many({"account": account})

    async def write(self, account: str, changes: Sequence[GrantChange], message: str) -> None:
        """A repeat of the message adds nothing."""
        documents = [
            change.model_dump()
            | {
                "_id": derived_id("grl", message, str(n)),
                "account": account,
                "within": containing(change.area),
            }
            for n, change in enumerate(changes)
        ]
        if not documents:
            return
        try:
            await self._entries.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            problems: list[dict[str, Any]] = (error.details or {}).get("writeErrors", [])
            if any(problem.get("code") != _DUPLICATE for problem in problems):
                raise

    async def newest(
        self,
        account: str | None,
        areas: Sequence[str] | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[GrantLogEntry]:
        """The latest first, from beyond the entry at (time, id). `areas` None: all."""
        query: Document = dict(behind("at", after))
        if account is not None:
            query["account"] = account
        if areas is not None:
            query["within"] = {"$in": list(areas)}
        found = self._entries.find(query, limit=limit, max_time_ms=5000).sort(_LATEST)
        return [GrantLogEntry.model_validate(d | {"id": d["_id"]}) async for d in found]

    async def reasons(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Id -> the sealed words."""
        if not ids:
            return {}
        found = self._reasons.find({"_id": {"$in": list(ids)}}, max_time_ms=5000)
        return {kept["_id"]: bytes(kept["reason"]) async for kept in found}
