"""The inboxes in MongoDB: one document a message."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.write_concern import WriteConcern

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.notify.inbox.domain import Message

PAGE = 50
_BACKLOG = 200


class Inbox:
    def __init__(self, store: Store) -> None:
        self.messages = Repository(
            store,
            "messages",
            Message,
            IndexModel([("recipient", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("report", ASCENDING), ("at", ASCENDING)]),
            IndexModel([("at", ASCENDING)], name="due", partialFilterExpression={"due": True}),
            IndexModel([("at", ASCENDING)], name="age"),
        )
        # A mark that is lost only means that a message goes out live once more.
        self._marks = self.messages.collection.with_options(write_concern=WriteConcern(w=1))

    async def page(
        self, recipient: str, unread: bool, before: tuple[datetime, str] | None
    ) -> list[Message]:
        """The newest first, at most PAGE; `before` is the (at, id) of the last one that is
        known."""
        query: dict[str, Any] = {"recipient": recipient, "held_back": None}
        if unread:
            query["read_at"] = None
        if before is not None:
            at, id = before
            query["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]
        return await self.messages.find(
            query, sort=(("at", DESCENDING), ("_id", DESCENDING)), limit=PAGE
        )

    async def unread_alerts(self, recipient: str, now: datetime) -> list[Message]:
        """Those that can still be answered, oldest first."""
        return await self._backlog(recipient, {"kind": "alert", "expires_at": {"$gt": now}})

    async def unread_since(self, recipient: str, since: datetime) -> list[Message]:
        return await self._backlog(recipient, {"at": {"$gt": since}})

    async def _backlog(self, recipient: str, query: Mapping[str, Any]) -> list[Message]:
        query = {"recipient": recipient, "held_back": None, "read_at": None, **query}
        newest = await self.messages.find(
            query, sort=(("at", DESCENDING), ("_id", DESCENDING)), limit=_BACKLOG
        )
        return newest[::-1]

    async def due(self, before: datetime) -> list[Message]:
        """Messages from before that time which have not gone to the live streams."""
        return await self.messages.find(
            {"due": True, "at": {"$lt": before}}, sort=(("at", ASCENDING),), limit=1000
        )

    async def about(self, report: str) -> list[Message]:
        return await self.messages.find({"report": report}, sort=(("at", ASCENDING),), limit=500)

    async def mark_sent(self, ids: Iterable[str]) -> None:
        """They have gone to the live streams. A version more, so that a change under way sees
        it."""
        await self._marks.update_many(
            {"_id": {"$in": list(ids)}}, {"$set": {"due": False}, "$inc": {"version": 1}}
        )

    async def mark_streamed(self, ids: Iterable[str], at: datetime) -> None:
        """They were written to an open stream of their recipient, for the first time; so they have
        gone out, too."""
        first = {"_id": {"$in": list(ids)}, "streamed_at": None}
        fields = {"due": False, "streamed_at": at}
        await self._marks.update_many(first, {"$set": fields, "$inc": {"version": 1}})

    async def sweep(self, now: datetime, keep: timedelta) -> int:
        """Take out what is older than `keep`, once its events are published."""
        old = {"at": {"$lt": now - keep}, "pending": {"$ne": True}}
        return (await self.messages.collection.delete_many(old)).deleted_count
