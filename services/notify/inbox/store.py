"""The inboxes in MongoDB: one document a message, joined with a person's receipt when it is
read."""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateMany, UpdateOne
from pymongo.write_concern import WriteConcern

from chassis.errors import NotFound
from chassis.http.paging import Position
from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.notify.inbox.domain import (
    Message,
    PersonalMessage,
    Receipt,
    blank_receipt,
    parse_personal_id,
)

_MAX_BACKLOG = 200
_MAX_READ = 20_000
MAX_COUNTED = 999
"""Unread messages beyond this are not counted: nobody reads a larger number on a badge."""
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST_FIRST = (("at", DESCENDING), ("_id", DESCENDING))
_OLDEST_FIRST = (("at", ASCENDING), ("_id", ASCENDING))
_RECEIPTS = "receipts"
_JOIN: Sequence[dict[str, Any]] = (
    {"$set": {"personal_id": {"$concat": ["$_id", "-", "$recipients.account"]}}},
    {
        "$lookup": {
            "from": _RECEIPTS,
            "localField": "personal_id",
            "foreignField": "_id",
            "as": "receipt",
        }
    },
)
_UNREAD = {"$match": {"receipt.read_at": {"$not": {"$type": "date"}}}}
Stages = list[dict[str, Any]]


class Receipts(Repository[Receipt]):
    """What people did with their messages: one document a person and message, from the first thing
    on that they do."""

    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            _RECEIPTS,
            Receipt,
            IndexModel([("recipient", ASCENDING), ("read_at", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("at", ASCENDING)], name="age"),
        )

    async def delete_before(self, at: datetime) -> None:
        """Delete those of older messages whose events are published."""
        await self.collection.delete_many({"at": {"$lt": at}, "pending": {"$ne": True}})

    async def erase(self, account: str) -> None:
        """Those of the person whose events are published."""
        await self.collection.delete_many({"recipient": account, "pending": {"$ne": True}})


class Inbox(Repository[Message]):
    """A notice to all would add a field for its audience with an index like that of recipients, and
    an `$or` in `_of_person`; ids, receipts and pages stay as they are."""

    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "messages",
            Message,
            IndexModel([("recipients.account", ASCENDING), *_NEWEST_FIRST]),
            IndexModel([("report", ASCENDING), *_OLDEST_FIRST]),
            IndexModel([("at", ASCENDING)], name="due", partialFilterExpression={"due": True}),
            IndexModel([("at", ASCENDING)], name="age"),
        )
        self._receipts = store.collection(_RECEIPTS)
        # A lost mark only means that a message goes out live once more.
        self._unsafe = self.collection.with_options(write_concern=WriteConcern(w=1))

    async def page(
        self, account: str, *, unread: bool, after: Position | None, limit: int
    ) -> list[PersonalMessage]:
        """The newest first; `after` is the last message of the page before."""
        last = (after.at, parse_personal_id(after.id)[0]) if after else None
        query: dict[str, Any] = behind("at", last)
        if unread:
            query["_id"] = {"$nin": await self._read_by(account)}
        return await self._joined(_of_person(account, query, [{"$limit": limit}]))

    async def count_unread(self, account: str) -> int:
        """Up to `MAX_COUNTED` + 1."""
        unread = {**_visible_to(account), "_id": {"$nin": await self._read_by(account)}}
        return await self.collection.count_documents(unread, limit=MAX_COUNTED + 1, maxTimeMS=5000)

    async def kept_of(
        self, account: str, after: Position | None, limit: int
    ) -> list[PersonalMessage]:
        """All of a person's messages, also those held back from them; as `page`."""
        last = (after.at, parse_personal_id(after.id)[0]) if after else None
        query = {"recipients.account": account, **behind("at", last)}
        first: Stages = [{"$match": query}, {"$sort": dict(_NEWEST_FIRST)}, {"$limit": limit}]
        return await self._joined([*first, *_only(account), *_JOIN])

    async def of_report(
        self, report: str, *, after: Position | None, limit: int
    ) -> list[PersonalMessage]:
        """To whomever, held back or not; the oldest first."""
        query: dict[str, Any] = {"report": report}
        beyond: Stages = []
        if after is not None:
            message, account = parse_personal_id(after.id)
            query |= behind("at", (after.at, message), order="ascending", inclusive=True)
            rest = [{"_id": {"$ne": message}}, {"recipients.account": {"$gt": account}}]
            beyond = [{"$match": {"$or": rest}}]
        return await self._joined(
            [
                {"$match": query},
                {"$sort": dict(_OLDEST_FIRST)},
                {"$limit": limit + 1},  # the first may have no more recipients
                {"$unwind": "$recipients"},
                *beyond,
                {"$limit": limit},
                *_JOIN,
            ]
        )

    async def require_personal(self, id: str) -> PersonalMessage:
        """A person's message by its id. Raises NotFound."""
        message, account = parse_personal_id(id)
        query = {"_id": message, "recipients.account": account}
        found = await self._joined([{"$match": query}, *_only(account), *_JOIN])
        if not found:
            raise NotFound(id)
        return found[0]

    async def unread_alerts(self, account: str, now: datetime) -> list[PersonalMessage]:
        """Those that have not expired, the oldest first."""
        return await self._backlog(account, {"kind": "alert", "expires_at": {"$gt": now}})

    async def unread_since(self, account: str, since: datetime) -> list[PersonalMessage]:
        return await self._backlog(account, {"at": {"$gt": since}})

    async def due(self, before: datetime) -> AsyncGenerator[list[Message], None]:
        """All messages from before that time which were not sent to the live streams of all
        recipients, page by page, the oldest first."""
        query = {"due": True, "at": {"$lt": before}}
        async for page in self.pages(query, (("at", ASCENDING),)):
            yield page

    async def settle_expired(self, now: datetime) -> None:
        """Those that have expired are not sent any more: one write for all."""
        query = {"due": True, "expires_at": {"$lte": now}}
        await self._unsafe.update_many(query, {"$set": {"due": False}})

    async def mark(
        self,
        sent: Iterable[str],
        partly_sent: Mapping[str, Collection[str]],
        streamed: Mapping[str, Collection[str]],
        at: datetime,
    ) -> None:
        """One write for all: messages sent to everyone; and by message, the accounts to whose live
        streams it was sent, and those to whose open streams it was written for the first time."""
        done, both = set(sent), partly_sent.keys() | streamed.keys()
        writes: list[UpdateOne | UpdateMany] = [
            _mark_each(id, partly_sent.get(id, ()), streamed.get(id, ()), at, sent=id in done)
            for id in both
        ]
        if rest := list(done - both):
            writes.append(UpdateMany({"_id": {"$in": rest}}, {"$set": {"due": False}}))
        if writes:
            await self._unsafe.bulk_write(writes, ordered=False)

    async def delete_before(self, at: datetime) -> None:
        await self.collection.delete_many({"at": {"$lt": at}})

    async def erase(self, account: str) -> None:
        """The person is no recipient any more; a message to nobody else goes. One whose events are
        not published yet goes with the old ones."""
        of_person = {"recipients.account": account}
        only = {"recipients": {"$size": 1}, "pending": {"$ne": True}}
        await self.collection.delete_many({**of_person, **only})
        taken_out = {"$pull": {"recipients": {"account": account}}, "$inc": {"version": 1}}
        await self.collection.update_many(of_person, taken_out)

    async def _backlog(self, account: str, query: Mapping[str, Any]) -> list[PersonalMessage]:
        stages = _of_person(account, query)
        newest = await self._joined([*stages, _UNREAD, {"$limit": _MAX_BACKLOG}])
        return newest[::-1]

    async def _read_by(self, account: str) -> list[str]:
        """The messages that the person has read: cheaper, from an index alone, than joining in a
        receipt for each message that the filter reads past."""
        query = {"recipient": account, "read_at": {"$gt": _BEFORE_ALL}}
        found = self._receipts.find(query, {"_id": 1}, limit=_MAX_READ, max_time_ms=5000)
        newest = await found.sort("read_at", DESCENDING).to_list()
        return [parse_personal_id(document["_id"])[0] for document in newest]

    async def _joined(self, stages: Stages) -> list[PersonalMessage]:
        cursor = await self.collection.aggregate(stages, maxTimeMS=5000)
        return [self._personal(document) for document in await cursor.to_list()]

    def _personal(self, document: dict[str, Any]) -> PersonalMessage:
        message = self.load(document | {"recipients": [document["recipients"]]})
        (recipient,) = message.recipients
        receipts = document["receipt"]
        receipt = (
            Receipt.model_validate(receipts[0] | {"id": receipts[0]["_id"]})
            if receipts
            else blank_receipt(message, recipient)
        )
        return PersonalMessage(message, recipient, receipt)


def _visible_to(account: str) -> dict[str, Any]:
    return {"recipients": {"$elemMatch": {"account": account, "held_back": None}}}


def _of_person(
    account: str, query: Mapping[str, Any], page: Sequence[dict[str, Any]] = ()
) -> Stages:
    """What the person may see, the newest first."""
    own = _visible_to(account)
    newest_first: Stages = [{"$match": {**own, **query}}, {"$sort": dict(_NEWEST_FIRST)}]
    return [*newest_first, *page, *_only(account), *_JOIN]


def _only(account: str) -> Stages:
    """The person's own part of each message."""
    return [{"$unwind": "$recipients"}, {"$match": {"recipients.account": account}}]


def _mark_each(
    message: str,
    sent_to: Collection[str],
    streamed_to: Collection[str],
    at: datetime,
    *,
    sent: bool,
) -> UpdateOne:
    fields: dict[str, Any] = {"due": False} if sent else {}
    filters: list[Mapping[str, Any]] = []
    if sent_to:
        fields["recipients.$[sent].sent"] = True
        filters.append({"sent.account": {"$in": list(sent_to)}})
    if streamed_to:
        fields["recipients.$[streamed].streamed_at"] = at
        account = {"$in": list(streamed_to)}
        filters.append({"streamed.account": account, "streamed.streamed_at": None})
    return UpdateOne({"_id": message}, {"$set": fields}, array_filters=filters)
