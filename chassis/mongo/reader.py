"""Reads aggregates from MongoDB."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Generic

import structlog
from pydantic import ValidationError
from pymongo import ASCENDING, IndexModel

from chassis.domain import A
from chassis.errors import NotFound
from chassis.mongo.documents import Documents, Seal, as_it_is
from chassis.mongo.reads import Reads
from chassis.mongo.store import Document, Store

log = structlog.get_logger()
_PAGE = 200
PENDING = IndexModel(
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
        self.name, self.clock, self._store = name, store.clock, store
        with_causes = dict.fromkeys(("outbox", *attached), 0)
        self._state = {**with_causes, "seen": 0}
        self._documents = Documents(name, model, store.clock)
        self.collection = store.collection(name, PENDING, *indexes)
        self._states = Reads(self.collection, self._state, self.open)
        self._with_causes = Reads(self.collection, with_causes, self.open)

    async def open(self, documents: Sequence[Document]) -> None:
        """Hook: make readable in place what was stored sealed (`chassis/personal`)."""

    async def seal_for(self, aggregate: A, document: Document | None) -> Seal:
        """Hook: what seals the aggregate's fields before they are stored (`chassis/personal`).
        `document`: as it was loaded; None for a new one."""
        return as_it_is

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
        documents = await cursor.to_list()
        await self.open(documents)
        return [self.load(document) for document in documents]

    async def pages(
        self, query: Mapping[str, Any], sort: Sequence[tuple[str, int]]
    ) -> AsyncGenerator[list[A], None]:
        """All of them, some at a time, whatever becomes of those before. One that cannot be read
        is logged: it would else hide what lies behind it, each time."""
        cursor = self.collection.find(query, self._state, max_time_ms=5000, batch_size=_PAGE)
        async with cursor.sort(list(sort)) as found:
            while page := await found.to_list(_PAGE):
                await self.open(page)
                readable = [one for one in map(self._readable, page) if one is not None]
                if readable:
                    yield readable

    def _readable(self, document: Document) -> A | None:
        try:
            return self.load(document)
        except ValidationError:  # its text may be personal
            log.error("document cannot be read", kind=self.collection.name, id=document["_id"])
            return None

    def load(self, document: Document) -> A:
        return self._documents.load(document)
