"""Where log entries are kept."""

from pymongo import ASCENDING, DESCENDING, IndexModel

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

    async def page(
        self,
        volunteer: str | None,
        areas: tuple[str, ...],
        after: tuple[object, str] | None,
        limit: int,
    ) -> list[LogEntry]:
        """Newest first: a volunteer's, or those within any of the areas; after the entry at (time,
        id)."""
        own = (
            {"volunteer": volunteer} if volunteer is not None else {"within": {"$in": list(areas)}}
        )
        if after is None:
            return await self.find(own, sort=_NEWEST, limit=limit)
        at, id = after
        following = {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]}
        return await self.find({"$and": [own, following]}, sort=_NEWEST, limit=limit)
