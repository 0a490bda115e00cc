"""Accounts with something that may have waited too long: a view of the accounts."""

from collections.abc import AsyncGenerator
from datetime import datetime

from chassis.mongo.store import Document
from services.registration.account.store import IS_VOLUNTEER, Accounts


class Waiting:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def since(
        self, applied: datetime, proposed: datetime, claimed: datetime
    ) -> AsyncGenerator[str, None]:
        """The ids of those who applied, of whom something was proposed, or whose ID number was
        claimed so long ago, and of whom it is not decided."""
        old: list[Document] = [
            {"volunteer.standing": "applied", "volunteer.applied_at": {"$lte": applied}},
            {"volunteer.proposals": {"$elemMatch": _open(proposed)}},
            {"number_claims.at": {"$lte": claimed}},
        ]
        query: Document = {**IS_VOLUNTEER, "$or": old}
        async with self._accounts.collection.find(query, {"_id": 1}, max_time_ms=60_000) as found:
            async for account in found:
                yield account["_id"]


def _open(before: datetime) -> Document:
    """Those of before there were states have none."""
    return {"state": {"$nin": ["decided", "lapsed"]}, "at": {"$lte": before}}
