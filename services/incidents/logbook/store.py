"""Log entries in MongoDB."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.incidents.logbook.domain import LogEntry

_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]


class LogEntries(Repository[LogEntry]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "log_entries",
            LogEntry,
            IndexModel([("volunteer", ASCENDING), *_NEWEST]),
            IndexModel([("within", ASCENDING), *_NEWEST]),
        )

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
