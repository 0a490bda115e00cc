"""The inboxes in MongoDB: one document a message."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.write_concern import WriteConcern

from chassis.clock import Clock
from chassis.http.paging import Position
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.notify.inbox.domain import Message

_MAX_BACKLOG = 200
_MAX_DUE = 1000
_NEWEST_FIRST = (("at", DESCENDING), ("_id", DESCENDING))
_OLDEST_FIRST = (("at", ASCENDING), ("_id", ASCENDING))


class Inbox(Repository[Message]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "messages",
            Message,
            IndexModel([("recipient", ASCENDING), *_NEWEST_FIRST]),
            IndexModel([("report", ASCENDING), *_OLDEST_FIRST]),
            IndexModel([("at", ASCENDING)], name="due", partialFilterExpression={"due": True}),
            IndexModel([("at", ASCENDING)], name="age"),
        )
        # A lost mark only means that a message goes out live once more.
        self._unsafe = self.collection.with_options(write_concern=WriteConcern(w=1))

    async def page(
        self, recipient: str, *, unread: bool, after: Position | None, limit: int
    ) -> list[Message]:
        """The newest first; `after` is the last message of the page before."""
        query: dict[str, Any] = {"recipient": recipient, "held_back": None}
        if unread:
            query["read_at"] = None
        if after is not None:
            query["$or"] = _beyond("$lt", after)
        return await self.find(query, sort=_NEWEST_FIRST, limit=limit)

    async def of_report(self, report: str, *, after: Position | None, limit: int) -> list[Message]:
        """To whomever, held back or not; the oldest first."""
        query: dict[str, Any] = {"report": report}
        if after is not None:
            query["$or"] = _beyond("$gt", after)
        return await self.find(query, sort=_OLDEST_FIRST, limit=limit)

    async def unread_alerts(self, recipient: str, now: datetime) -> list[Message]:
        """Those that have not expired, the oldest first."""
        return await self._backlog(recipient, {"kind": "alert", "expires_at": {"$gt": now}})

    async def unread_since(self, recipient: str, since: datetime) -> list[Message]:
        return await self._backlog(recipient, {"at": {"$gt": since}})

    async def due(self, before: datetime) -> list[Message]:
        """Messages from before that time which were not sent to the live streams."""
        query = {"due": True, "at": {"$lt": before}}
        return await self.find(query, sort=(("at", ASCENDING),), limit=_MAX_DUE)

    async def mark_sent(self, ids: Iterable[str]) -> None:
        await self._mark({"_id": {"$in": list(ids)}}, due=False)

    async def mark_streamed(self, ids: Iterable[str], at: datetime) -> None:
        """Written to an open stream for the first time, and so sent, too."""
        await self._mark(
            {"_id": {"$in": list(ids)}, "streamed_at": None}, due=False, streamed_at=at
        )

    async def delete_before(self, at: datetime) -> None:
        """Delete older messages whose events are published."""
        old = {"at": {"$lt": at}, "pending": {"$ne": True}}
        await self.collection.delete_many(old)

    async def _backlog(self, recipient: str, query: Mapping[str, Any]) -> list[Message]:
        query = {"recipient": recipient, "held_back": None, "read_at": None, **query}
        newest = await self.find(query, sort=_NEWEST_FIRST, limit=_MAX_BACKLOG)
        return newest[::-1]

    async def _mark(self, query: Mapping[str, Any], **fields: Any) -> None:
        # With a new version, so that a concurrent change does not overwrite the mark.
        await self._unsafe.update_many(query, {"$set": fields, "$inc": {"version": 1}})


class DeliveryMarks:
    """What was sent, collected and written together, off the hot path."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox, self._clock = inbox, clock
        self._sent: set[str] = set()
        self._streamed: set[str] = set()

    def sent(self, messages: Iterable[str]) -> None:
        """They were sent to the live streams, or need not be any more."""
        self._sent.update(messages)

    def streamed(self, message: str) -> None:
        """It was written to an open stream of its recipient."""
        self._streamed.add(message)

    async def write(self) -> None:
        """What cannot be written now is kept for the next time."""
        sent, self._sent = self._sent, set()
        streamed, self._streamed = self._streamed, set()
        try:
            if streamed:
                await self._inbox.mark_streamed(streamed, self._clock.now())
            if sent - streamed:
                await self._inbox.mark_sent(sent - streamed)
            sent, streamed = set[str](), set[str]()
        finally:
            self._sent |= sent
            self._streamed |= streamed


def _beyond(operator: str, position: Position) -> list[dict[str, Any]]:
    at, id = position
    return [{"at": {operator: at}}, {"at": at, "_id": {operator: id}}]
