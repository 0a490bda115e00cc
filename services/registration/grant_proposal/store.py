"""Proposals of strong roles."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from services.registration.grant_proposal.domain import GrantProposal

_LATEST = [("at", DESCENDING), ("_id", DESCENDING)]


class GrantProposals(Repository[GrantProposal]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "grant_proposals",
            GrantProposal,
            IndexModel([("within", ASCENDING), *_LATEST]),
        )

    async def in_areas(
        self, areas: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[GrantProposal]:
        """The latest first, from beyond the one at (time, id)."""
        query: Document = {"within": {"$in": list(areas)}, **behind("at", after)}
        return await self.find(query, sort=_LATEST, limit=limit)
