"""Aggregates in MongoDB: one document each, which carries its version, its unpublished events and
what caused them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

import orjson
from pymongo import ASCENDING, AsyncMongoClient, IndexModel, InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

from chassis import trace, wait_for
from chassis.aggregate import Aggregate as Aggregate
from chassis.bells import Bells
from chassis.clock import Clock
from chassis.coalesce import Coalescer, Refused
from chassis.idempotency import Cause
from chassis.problem import Problem, not_found
from contracts.event import Envelope, Event

wait_for.install()
Document = dict[str, Any]
KEPT_CAUSES = 64
MOST_CAUSES = 512
"""Of one day: more than one consumer deals with before it commits, so that what a crash repeats is
seen through."""
_DAY = 86_400
_TRIES = 8

A = TypeVar("A", bound=Aggregate)
Decision = tuple[A, Sequence[Event]]


class Conflict(Exception):
    """Another change came first."""


class Store:
    """A service's own database. Writes are by the majority and journalled; every call has a time
    limit."""

    def __init__(self, url: str, name: str, clock: Clock) -> None:
        self.client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            tz_aware=True,
            serverSelectionTimeoutMS=4000,
            connectTimeoutMS=3000,
            socketTimeoutMS=10_000,
            w="majority",
            journal=True,
            wTimeoutMS=8000,
            retryWrites=True,
            maxPoolSize=64,
            waitQueueTimeoutMS=5000,
        )
        self.database: AsyncDatabase[Document] = self.client.get_database(
            name, read_concern=ReadConcern("majority")
        )
        self.bells = Bells(self.database)
        self.clock = clock
        self.repositories: list[Repository[Any]] = []
        self._indexes: list[tuple[AsyncCollection[Document], list[IndexModel]]] = []
        self.written = asyncio.Event()
        """Set after each write of events: the relay of this process need not wait for its next
        look."""
        self.dirty: set[Repository[Any]] = set()
        """Where those events are."""

    def collection(self, name: str, *indexes: IndexModel) -> AsyncCollection[Document]:
        """A plain collection, for views and projections that are no aggregates."""
        collection = self.database[name]
        if indexes:
            self._indexes.append((collection, list(indexes)))
        return collection

    def wrote(self, repository: "Repository[Any]") -> None:
        """There are events to relay."""
        self.dirty.add(repository)
        self.written.set()

    async def prepare(self) -> None:
        """Make the indexes and the bells. Safe to run on several replicas at once."""
        for collection, indexes in self._indexes:
            await collection.create_indexes(indexes)
        await self.bells.prepare()

    async def server_time(self) -> datetime:
        return (await self.client.admin.command("hello"))["localTime"]

    async def ping(self) -> None:
        await self.client.admin.command("ping")

    async def close(self) -> None:
        await self.client.close()


class Repository(Generic[A]):
    """The aggregates of one noun. Every change is one atomic write of state, events and cause."""

    def __init__(self, store: Store, name: str, model: type[A], *indexes: IndexModel) -> None:
        pending = IndexModel(
            [("pending", ASCENDING), ("_id", ASCENDING)],
            name="pending_by_id",
            partialFilterExpression={"pending": True},
        )
        self.name, self._model, self._store = name, model, store
        self.collection = store.collection(name, pending, *indexes)
        self._writes = Coalescer(self.collection)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        store.repositories.append(self)

    async def get(self, id: str) -> A | None:
        document = await self.collection.find_one({"_id": id}, {"outbox": 0, "seen": 0})
        return None if document is None else self._load(document)

    async def require(self, id: str) -> A:
        """Raises a 404 problem where there is none."""
        found = await self.get(id)
        if found is None:
            raise not_found()
        return found

    async def find(
        self,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 100,
        skip: int = 0,
    ) -> list[A]:
        """At most `limit` aggregates. `query` is built by store code from checked values, never
        from a body."""
        cursor = self.collection.find(
            query, {"outbox": 0, "seen": 0}, limit=limit, skip=skip, max_time_ms=5000
        )
        if sort:
            cursor = cursor.sort(list(sort))
        return [self._load(document) async for document in cursor]

    async def add(self, aggregate: A, events: Sequence[Event], cause: Cause) -> A:
        """Store a new aggregate with its events. If its id is there by the same cause, give what is
        there.

        Raises a 422 problem if the cause's key was used with another body, 409 if the id is taken
        by another cause, Refused if a unique index other than the id holds its value.
        """
        try:
            await self._writes.submit(InsertOne(self._new(aggregate, events, cause)))
        except Refused as refused:
            return await self._already(aggregate.id, cause, refused)
        self._tell(events)
        return aggregate.model_copy(update={"version": 1})

    async def add_missing(self, decisions: Sequence[Decision[A]], cause: Cause) -> int:
        """Store those whose id is not there yet, with their events; gives how many. For loading
        many at once.

        Raises the driver's BulkWriteError if somebody else adds one of them meanwhile.
        """
        ids = [aggregate.id for aggregate, _ in decisions]
        there = {
            found["_id"] async for found in self.collection.find({"_id": {"$in": ids}}, {"_id": 1})
        }
        missing = [
            self._new(*decision, cause) for decision in decisions if decision[0].id not in there
        ]
        if missing:
            await self.collection.insert_many(missing, ordered=False)
            self._store.wrote(self)
        return len(missing)

    def _new(self, aggregate: A, events: Sequence[Event], cause: Cause) -> Document:
        return self._document(aggregate, 1) | {
            "_id": aggregate.id,
            "seq": len(events),
            "outbox": self._outbox(aggregate.id, 0, events),
            "pending": bool(events),
            "seen": [self._seen(cause)],
            "made_by": cause.mark,
        }

    async def _already(self, id: str, cause: Cause, refused: Refused) -> A:
        document = await self.collection.find_one({"_id": id}, {"outbox": 0})
        if document is None:
            raise refused
        if _is_repeat(
            [*document["seen"], document.get("made_by", "#")], cause
        ):  # however much came since
            return self._load(document)
        if refused.key == ("_id",):
            raise Problem(409, "already_exists")
        raise refused

    async def change(self, id: str, decide: Callable[[A], Decision[A] | None], cause: Cause) -> A:
        """Load, decide, save; again from the start if another change came first. A repeat of
        `cause` changes nothing.

        `decide` is pure and may run more than once; it returns None to leave things as they are,
        and raises Problem to refuse. Raises 404 where there is no such aggregate, 409 when others
        are faster time after time.
        """
        # In this process one change of an aggregate at a time: only other replicas can come first
        # then.
        async with self._locks.setdefault(id, asyncio.Lock()):
            for _ in range(_TRIES):
                document = await self.collection.find_one({"_id": id}, {"outbox": 0})
                if document is None:
                    raise not_found()
                current = self._load(document)
                decision = None if _is_repeat(document["seen"], cause) else decide(current)
                if decision is None:
                    return current
                try:
                    return await self._replace(current, document, *decision, cause=cause)
                except Conflict:
                    continue
        raise Problem(409, "conflict", retry_after=1)

    async def _replace(
        self, current: A, document: Document, changed: A, events: Sequence[Event], *, cause: Cause
    ) -> A:
        version, seq = current.version + 1, document["seq"]
        fields = self._document(changed, version) | {"seq": seq + len(events)}
        update: dict[str, Any] = {
            "$push": {
                "seen": {"$each": [self._seen(cause)], "$slice": -self._kept(document["seen"])}
            },
            "$set": fields,
        }
        if events:
            fields["pending"] = True
            update["$push"]["outbox"] = {"$each": self._outbox(current.id, seq, events)}
        # An upsert whose version does not match tries to insert the same id and is refused: so that
        # in a bulk write each caller still learns the outcome of its own.
        write = UpdateOne({"_id": current.id, "version": current.version}, update, upsert=True)
        try:
            await self._writes.submit(write)
        except Refused as refused:
            if refused.key == ("_id",):
                raise Conflict from None
            raise
        self._tell(events)
        return changed.model_copy(update={"version": version})

    def _tell(self, events: Sequence[Event]) -> None:
        if events:
            self._store.wrote(self)

    def _seen(self, cause: Cause) -> str:
        return f"{cause.mark}#{int(self._store.clock.real())}"

    def _kept(self, seen: Sequence[str]) -> int:
        """How many causes stay with a change: some for ever, more of the last day."""
        since = self._store.clock.real() - _DAY
        recent = sum(float(mark.split("#")[2]) > since for mark in seen if mark.count("#") == 2)
        return min(MOST_CAUSES, max(KEPT_CAUSES, recent + 1))

    def _load(self, document: Document) -> A:
        return self._model.model_validate(document | {"id": document["_id"]})

    def _document(self, aggregate: A, version: int) -> Document:
        return aggregate.model_dump(exclude={"id"}) | {"version": version}

    def _outbox(self, id: str, seq: int, events: Sequence[Event]) -> list[Document]:
        parent, at = trace.current(), self._store.clock.now()
        return [
            outbox_entry(self.name, id, seq + n, event, at, parent)
            for n, event in enumerate(events, 1)
        ]


def outbox_entry(kind: str, id: str, seq: int, event: Event, at: datetime, parent: str) -> Document:
    """An event as it waits in its aggregate's document; `body` is the message's value as it goes
    out."""
    envelope = Envelope(
        id=f"{kind}/{id}/{seq}",
        type=type(event).__name__,
        version=event.version,
        aggregate=id,
        seq=seq,
        at=at,
        data=event.model_dump(mode="json"),
    )
    return {
        "seq": seq,
        "topic": event.topic,
        "key": str(getattr(event, event.key)),
        "type": envelope.type,
        "body": orjson.dumps(envelope.model_dump(mode="json")).decode(),
        "trace": parent,
    }


def _is_repeat(seen: Sequence[str], cause: Cause) -> bool:
    """Raises a 422 problem when the key was used before with another body."""
    for mark in seen:
        id, fingerprint = mark.split("#")[:2]
        if id == cause.id:
            if fingerprint != cause.fingerprint:
                raise Problem(
                    422, "key_reused", fields={"header.Idempotency-Key": "problem.key_reused"}
                )
            return True
    return False
