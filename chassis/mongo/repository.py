"""Aggregates in MongoDB: one document each, with its version, its unpublished events and the causes
of its changes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Generic
from weakref import WeakValueDictionary

from pymongo import ASCENDING, IndexModel

from chassis.domain import A, Cause, Decision
from chassis.errors import AlreadyExists, Conflict, DuplicateKey, NotFound
from chassis.mongo import causes
from chassis.mongo.coalescer import AggregateWrites
from chassis.mongo.documents import Attached, Documents
from chassis.mongo.paging import in_pages
from chassis.mongo.reads import Reads
from chassis.mongo.store import Document, Store
from contracts.envelope import Event

_TRIES = 8
_PENDING = IndexModel(
    [("pending", ASCENDING), ("share", ASCENDING), ("_id", ASCENDING)],
    name="pending_by_share",
    partialFilterExpression={"pending": True},
)


class Reader(Generic[A]):
    """The stored aggregates of one noun. `attached` names fields that are kept in their documents
    and not loaded with them."""

    def __init__(
        self,
        store: Store,
        name: str,
        model: type[A],
        *indexes: IndexModel,
        attached: Sequence[str] = (),
    ) -> None:
        self.name, self._store = name, store
        with_causes = dict.fromkeys(("outbox", *attached), 0)
        self._state = {**with_causes, "seen": 0}
        self._documents = Documents(name, model, store.clock)
        self.collection = store.collection(name, _PENDING, *indexes)
        self._states = Reads(self.collection, self._state)
        self._with_causes = Reads(self.collection, with_causes)

    async def get(self, id: str) -> A | None:
        document = await self._states.submit(id)
        return None if document is None else self.load(document)

    async def require(self, id: str) -> A:
        """Raises NotFound."""
        found = await self.get(id)
        if found is None:
            raise NotFound(id)
        return found

    async def find(
        self,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 100,
    ) -> list[A]:
        """At most `limit` aggregates. `query` is built by store code from checked values, never
        from a body."""
        cursor = self.collection.find(query, self._state, limit=limit, max_time_ms=5000)
        if sort:
            cursor = cursor.sort(list(sort))
        return [self.load(document) async for document in cursor]

    async def pages(
        self, query: Mapping[str, Any], sort: Sequence[tuple[str, int]]
    ) -> AsyncGenerator[list[A], None]:
        """All of them, some at a time, whatever becomes of those before."""
        cursor = self.collection.find(query, self._state, max_time_ms=5000).sort(list(sort))
        async for page in in_pages(cursor):
            yield [self.load(document) for document in page]

    def load(self, document: Document) -> A:
        return self._documents.load(document)


class Repository(Reader[A]):
    """A change is one atomic write of state, events and cause."""

    def __init__(
        self,
        store: Store,
        name: str,
        model: type[A],
        *indexes: IndexModel,
        attached: Sequence[str] = (),
    ) -> None:
        super().__init__(store, name, model, *indexes, attached=attached)
        self.published = store.published[name]
        self._writes = AggregateWrites(self, store.unpublished)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        store.outboxes.append(self)

    async def add(
        self, aggregate: A, events: Sequence[Event], cause: Cause, attached: Attached | None = None
    ) -> A:
        """Store a new aggregate with its events; a repeat of `cause` gives what is stored.

        Raises:
            AlreadyExists: another cause made something of this id.
            CauseReused: the same key came with another body.
            DuplicateKey: a unique index other than the id holds its value.
        """
        try:
            await self._writes.submit(self._documents.insert(aggregate, events, cause, attached))
        except DuplicateKey as taken:
            return await self._stored_before(aggregate.id, cause, taken)
        return aggregate.with_(version=1)

    async def add_missing(self, decisions: Sequence[Decision[A]], cause: Cause) -> int:
        """Store those whose id is not there yet, with their events; gives how many. For loading
        many at once.

        Raises the driver's BulkWriteError if one of them is added concurrently.
        """
        ids = [aggregate.id for aggregate, _ in decisions]
        found = self.collection.find({"_id": {"$in": ids}}, {"_id": 1})
        stored = {document["_id"] async for document in found}
        missing = [self._documents.new(*d, cause) for d in decisions if d[0].id not in stored]
        if missing:
            await self.collection.insert_many(missing, ordered=False)
            self._store.unpublished.reread(self)
        return len(missing)

    async def change(
        self,
        id: str,
        decide: Callable[[A], Decision[A] | None],
        cause: Cause,
        create: A | None = None,
        attached: Attached | None = None,
    ) -> A:
        """Load, decide, save; again from the start if another change came first. A repeat of
        `cause` changes nothing.

        `decide` is pure and may run more than once; it returns None to leave things as they are,
        and raises Refusal. `create` is the state to decide on where nothing is stored yet.
        `attached` is stored with the change, if there is one.

        Raises:
            NotFound: there is no such aggregate, and no `create`.
            Conflict: others were faster time after time.
            CauseReused: the same key came with another body.
        """
        # One change of an aggregate at a time in this process: only other replicas can come first.
        async with self._locks.setdefault(id, asyncio.Lock()):
            for _ in range(_TRIES):
                document = await self._with_causes.submit(id)
                if document is None and create is None:
                    raise NotFound(id)
                current = create if document is None else self.load(document)
                assert current is not None  # noqa: S101 - for the type checker
                seen = document["seen"] if document else ()
                decision = None if causes.is_repeat(seen, cause) else decide(current)
                if decision is None:
                    return current
                try:
                    if document is None:
                        return await self.add(*decision, cause, attached)
                    return await self._replace(document, *decision, cause, attached)
                except (Conflict, AlreadyExists):
                    continue
        raise Conflict(id)

    async def _replace(
        self,
        document: Document,
        changed: A,
        events: Sequence[Event],
        cause: Cause,
        attached: Attached | None,
    ) -> A:
        published = self.published.seq(document["_id"])
        write = self._documents.replace(document, changed, events, cause, attached, published)
        try:
            await self._writes.submit(write)
        except DuplicateKey as taken:
            if taken.key == ("_id",):
                raise Conflict(document["_id"]) from None
            raise
        return changed.with_(version=document["version"] + 1)

    async def _stored_before(self, id: str, cause: Cause, taken: DuplicateKey) -> A:
        document = await self._with_causes.submit(id)
        if document is None:
            raise taken
        # What made it is known however many causes came since.
        if causes.is_repeat([*document["seen"], document.get("made_by", "#")], cause):
            return self.load(document)
        raise AlreadyExists(id) if taken.key == ("_id",) else taken
