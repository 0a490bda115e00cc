"""The keys of people and matters, each wrapped under the service's own `FIELD_KEY`, in a collection
apart.

It is not part of ordinary back-ups (ops/erasure.md): whoever has a back-up and `FIELD_KEY`, but not
the key, can read nothing. A destroyed key leaves a mark, so that none is made again under its id.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, InsertOne
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis.errors import DuplicateKey
from chassis.mongo.coalescer import Coalescer
from chassis.mongo.reads import Reads
from chassis.mongo.store import Document, Store
from chassis.personal import sealing
from chassis.personal.sealing import KEY_BYTES

COLLECTION = "person_keys"


class PersonKeys:
    """`wrapping_key`: 32 bytes as 64 hex digits."""

    def __init__(self, store: Store, wrapping_key: str, *indexes: IndexModel) -> None:
        self._wrapping_key = bytes.fromhex(wrapping_key)
        if len(self._wrapping_key) != KEY_BYTES:
            raise ValueError("FIELD_KEY must be 64 hex digits (32 bytes)")
        self.collection = store.collection(
            COLLECTION,
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
            *indexes,
        )
        # Not waited for: the write of what is sealed, behind it in the same oplog, is acknowledged
        # by the majority only together with this one. So readers look beyond the majority.
        self._quick = self.collection.with_options(
            write_concern=WriteConcern(w=1, j=False), read_concern=ReadConcern("local")
        )
        self._writes, self._reads = Coalescer(self._quick), Reads(self._quick, {})

    async def new(
        self,
        id: str,
        lookup: Mapping[str, Any] | None = None,
        expires_at: datetime | None = None,
    ) -> bytes | None:
        """The key of this id, made where there is none yet; None where it was destroyed.

        `lookup`: unique values by which the id is found; they go with the key.

        Raises:
            DuplicateKey: another id has one of the unique values.
        """
        key = secrets.token_bytes(KEY_BYTES)
        wrapped = sealing.encrypt(self._wrapping_key, key, _context(id))
        document: Document = {"_id": id, "key": wrapped, **(lookup or {})}
        if expires_at is not None:
            document["expires_at"] = expires_at
        try:
            await self._writes.submit(InsertOne(document))
        except DuplicateKey:
            stored = await self._reads.submit(id)
            if stored is None:
                raise
            return self._unwrapped(stored)
        return key

    async def get(self, id: str) -> bytes | None:
        """None where there is none, or it was destroyed."""
        found = await self._reads.submit(id)
        return None if found is None else self._unwrapped(found)

    def _unwrapped(self, stored: Document) -> bytes | None:
        if "key" not in stored:
            return None
        id: str = stored["_id"]
        return sealing.decrypt(self._wrapping_key, bytes(stored["key"]), _context(id))

    async def of(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Those that there are."""
        unique = sorted(set(ids))
        keys = await asyncio.gather(*(self.get(id) for id in unique))
        return {id: key for id, key in zip(unique, keys, strict=True) if key is not None}

    async def find(self, **lookup: str) -> str | None:
        """The id with this unique value."""
        found = await self._quick.find_one(lookup, {"_id": 1}, max_time_ms=5000)
        return found["_id"] if found else None

    async def find_all(self, name: str, values: Sequence[str]) -> Mapping[str, str]:
        """Unique value -> id, of those that there are."""
        query: dict[str, Any] = {name: {"$in": list(values)}}
        found = self._quick.find(query, {name: 1}, max_time_ms=5000)
        return {document[name]: document["_id"] async for document in found}

    async def has(self, id: str, name: str) -> bool:
        """Whether the id is found by a value of this name."""
        query = {"_id": id, name: {"$exists": True}}
        return await self._quick.find_one(query, {"_id": 1}, max_time_ms=5000) is not None

    async def note(self, id: str, **lookup: str) -> None:
        """An id with a key is found by these values, too."""
        await self.collection.update_one({"_id": id, "key": {"$exists": True}}, {"$set": lookup})

    async def keep(self, id: str) -> None:
        """It does not expire any more."""
        await self.collection.update_one({"_id": id}, {"$unset": {"expires_at": ""}})

    async def destroy(self, id: str, *kept: str) -> None:
        """For ever, with all that it was found by, besides the fields `kept`. A repeat changes
        nothing."""
        match = {"_id": id, "destroyed_at": {"$exists": False}}
        mark = {"_id": id, "destroyed_at": datetime.now(UTC), **{name: f"${name}" for name in kept}}
        try:
            await self.collection.update_one(match, [{"$replaceWith": mark}], upsert=True)
        except DuplicateKeyError:
            return  # destroyed before

    async def is_destroyed(self, id: str) -> bool:
        found = await self._reads.submit(id)
        return found is not None and "key" not in found


def _context(id: str) -> str:
    return f"person key:{id}"
