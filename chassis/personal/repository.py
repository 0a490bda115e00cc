"""Aggregates whose personal fields are stored sealed. The rest of a document is as always."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial

from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from chassis.domain import A, Cause
from chassis.mongo.documents import Seal
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from chassis.personal import sealing
from chassis.personal.keys import PersonKeys
from chassis.personal.sealing import PersonalField

_KEY = "person_key"
"""In a loaded document, never in a stored one."""


class SealedRepository(Repository[A]):
    """`keyed_by`: the field with the id of the key; by default each aggregate has its own.

    Documents from before, in plain text, are read as they are and sealed by their next change.
    Fields that are stored by other ways than `add` and `change` must not be personal.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        model: type[A],
        *indexes: IndexModel,
        keys: PersonKeys,
        personal: Sequence[PersonalField],
        keyed_by: str = "id",
    ) -> None:
        super().__init__(store, name, model, *indexes)
        self.keys, self._personal, self._keyed_by = keys, personal, keyed_by
        self.needed = {field.path.split(".")[0]: 1 for field in personal}
        store.sealed.append(self)

    def lookup_of(self, aggregate: A) -> Mapping[str, str]:
        """Hook: unique values by which a new aggregate's key is found. They are stored with the
        key, not with the aggregate. `add` raises DuplicateKey where another has them."""
        return {}

    async def open(self, documents: Sequence[Document]) -> None:
        sealed = [document for document in documents if sealing.is_sealed(document)]
        keys = await self.keys.of([self._key_id(document) for document in sealed]) if sealed else {}
        for document in sealed:
            key = keys.get(self._key_id(document))
            sealing.open_sealed(document, key, self._context(document["_id"]))
            document[_KEY] = key

    async def seal_for(self, aggregate: A, document: Document | None) -> Seal:
        key = (document or {}).get(_KEY)
        if key is None:
            id = getattr(aggregate, self._keyed_by)
            key = await self.keys.new(id, self.lookup_of(aggregate) if document is None else None)
        context = self._context(aggregate.id)
        return partial(sealing.seal, personal=self._personal, key=key, context=context)

    @property
    def documents(self) -> AsyncCollection[Document]:
        return self.collection

    def is_readable(self, document: Document) -> bool:
        return sealing.is_readable(document, self._personal)

    async def seal_stored(self, id: str) -> None:
        """By a change that changes nothing else: its key is made where there is none, and whatever
        was decided on the version before is decided anew."""
        await self.change(id, lambda stored: (stored, ()), Cause(f"seal:{secrets.token_hex(8)}"))

    def _key_id(self, document: Document) -> str:
        return document["_id" if self._keyed_by == "id" else self._keyed_by]

    def _context(self, id: str) -> str:
        return f"{self.name}:{id}"
