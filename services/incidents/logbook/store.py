"""Log entries in MongoDB."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.paging import behind
from chassis.mongo.store import Store
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.sealing import PersonalField, empty
from services.incidents.logbook.domain import LogEntry

_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]


class LogEntries(SealedRepository[LogEntry]):
    """Their texts are sealed under the key of the volunteer who wrote them."""

    def __init__(self, store: Store, keys: PersonKeys) -> None:
        super().__init__(
            store,
            "log_entries",
            LogEntry,
            IndexModel([("volunteer", ASCENDING), *_NEWEST]),
            IndexModel([("within", ASCENDING), *_NEWEST]),
            keys=keys,
            personal=(PersonalField("text", empty),),
            keyed_by="volunteer",
        )

    async def erase_texts(self, volunteer: str) -> None:
        """What was done, where and for how long stays, for the counts."""
        emptied = {"$set": {"text": "", "sealed": None}, "$inc": {"version": 1}}
        await self.collection.update_many({"volunteer": volunteer}, emptied)

    async def newest(
        self,
        volunteer: str,
        areas: tuple[str, ...],
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[LogEntry]:
        """Newest first, after the entry at (time, id): those within any of the areas; without areas
        the volunteer's own."""
        whose = {"within": {"$in": list(areas)}} if areas else {"volunteer": volunteer}
        return await self.find({**whose, **behind("at", after)}, sort=_NEWEST, limit=limit)
