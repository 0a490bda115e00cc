"""The city's divisions as stored: the list of `jinan.divisions`, kept up to date at each start."""

import hashlib

import orjson
from pymongo import ASCENDING, IndexModel, ReplaceOne

from chassis.mongo.store import Document, Store
from jinan.divisions import Division, divisions


class Divisions:
    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "divisions", IndexModel([("parent", ASCENDING), ("_id", ASCENDING)])
        )

    async def load(self) -> int:
        """Make the store hold the present list; returns how many were written. Safe on several
        replicas at once."""
        documents = [division._asdict() for division in divisions()]
        edition = hashlib.sha256(orjson.dumps(documents)).hexdigest()[:16]
        if await self._collection.count_documents({"edition": edition}) == len(documents):
            return 0
        writes = [ReplaceOne({"_id": d["code"]}, _stored(d, edition), True) for d in documents]
        await self._collection.bulk_write(writes, ordered=False)
        await self._collection.delete_many({"edition": {"$ne": edition}})
        return len(documents)

    async def children(self, parent: str, after: str, limit: int) -> list[Division]:
        """By code, from beyond `after`."""
        query = {"parent": parent, "_id": {"$gt": after}}
        found = self._collection.find(query, limit=limit, max_time_ms=5000).sort("_id", ASCENDING)
        return [Division(d["_id"], d["name"], d["parent"], d["kind"]) async for d in found]

    async def is_community(self, code: str) -> bool:
        query = {"_id": code, "kind": "community"}
        return await self._collection.find_one(query, {"_id": 1}) is not None


def _stored(division: Document, edition: str) -> Document:
    fields = {key: value for key, value in division.items() if key != "code"}
    return {"_id": division["code"], **fields, "edition": edition}
