"""Log entries in MongoDB."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
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
        query: list[Document] = [
            {"within": {"$in": list(areas)}} if areas else {"volunteer": volunteer}
        ]
        if after is not None:
            at, id = after
            query.append({"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]})
        return await self.find({"$and": query}, sort=_NEWEST, limit=limit)
