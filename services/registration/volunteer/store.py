"""Volunteers within the reach of a reader: a view of the accounts."""

from pymongo import ASCENDING

from chassis.domain import Frozen
from chassis.mongo.store import Document
from contracts.vocabulary import Standing
from services.registration.account.domain import Account
from services.registration.account.store import Accounts


class Reach(Frozen):
    """What a reader may see: the volunteers of these areas, and of these squads."""

    areas: tuple[str, ...] = ()
    squads: tuple[str, ...] = ()


class VolunteerFilter(Frozen):
    station: str | None = None
    standing: Standing | None = None
    squad: str | None = None
    contested: bool = False
    """Only those whose ID number somebody else claims."""


class Volunteers:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def page(
        self, reach: Reach, only: VolunteerFilter, after: str, limit: int
    ) -> list[Account]:
        """By id, from beyond `after`."""
        within: list[Document] = [
            {"volunteer.area": {"$gte": area, "$lt": f"{area}~"}} for area in reach.areas
        ]
        within += [{"volunteer.squad": squad} for squad in reach.squads]
        if not within:
            return []
        query: Document = {
            "_id": {"$gt": after},
            "volunteer.station": only.station or {"$gt": ""},
            "$or": within,
        }
        if only.standing:
            query["volunteer.standing"] = only.standing
        if only.contested:
            query["number_claims.0"] = {"$exists": True}
        if only.squad:
            query["volunteer.squad"] = only.squad
        return await self._accounts.find(query, sort=[("_id", ASCENDING)], limit=limit)
