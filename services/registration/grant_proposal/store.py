"""Proposals of strong roles."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from services.registration.grant_proposal.domain import GrantProposal

# The partial index serves only queries that repeat its condition.
_OPEN = {"state": "proposed"}
_LATEST = [("at", DESCENDING), ("_id", DESCENDING)]


class GrantProposals(Repository[GrantProposal]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "grant_proposals",
            GrantProposal,
            IndexModel([("within", ASCENDING), *_LATEST]),
            IndexModel([("expires_at", ASCENDING)], partialFilterExpression=_OPEN),
        )

    async def expired(self, now: datetime) -> AsyncGenerator[str, None]:
        """The ids of all that nobody decided about in time, the earliest first."""
        query = {**_OPEN, "expires_at": {"$lte": now}}
        waiting = self.collection.find(query, {"_id": 1}, max_time_ms=5000)
        async with waiting.sort("expires_at", ASCENDING) as found:
            async for proposal in found:
                yield proposal["_id"]

    async def next_expiry(self, now: datetime) -> datetime | None:
        """The earliest after `now`."""
        query = {**_OPEN, "expires_at": {"$gt": now}}
        first = await self.collection.find_one(
            query, {"expires_at": 1}, sort=[("expires_at", ASCENDING)], max_time_ms=5000
        )
        return first["expires_at"] if first else None

    async def in_areas(
        self, areas: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[GrantProposal]:
        """The latest first, from beyond the one at (time, id)."""
        query: Document = {"within": {"$in": list(areas)}, **behind("at", after)}
        return await self.find(query, sort=_LATEST, limit=limit)
