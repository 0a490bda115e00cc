"""The city's divisions by their official codes, from `jinan/data/jinan_divisions.csv`."""

import hashlib
from typing import Literal

import orjson
from pydantic import BaseModel
from pymongo import ASCENDING, IndexModel, ReplaceOne

from chassis.mongo.store import Document, Store
from jinan.divisions import names

Kind = Literal["city", "district", "zone", "street", "community"]
_HIGH_TECH_ZONE = "370176"
"""Counted like a district by the statistics office; the city's twelve districts are without it."""


class Division(BaseModel):
    code: str
    name: str
    parent: str
    kind: Kind


def divisions() -> list[Division]:
    """All of them, by code."""
    return [
        Division(code=code, name=name, parent=_parent(code), kind=_kind(code))
        for code, name in sorted(names().items())
    ]


def _parent(code: str) -> str:
    return {4: "", 6: code[:4], 9: code[:6], 12: code[:9]}[len(code)]


def _kind(code: str) -> Kind:
    if code == _HIGH_TECH_ZONE:
        return "zone"
    kinds: dict[int, Kind] = {4: "city", 6: "district", 9: "street", 12: "community"}
    return kinds[len(code)]


class Divisions:
    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "divisions", IndexModel([("parent", ASCENDING), ("_id", ASCENDING)])
        )

    async def load(self) -> int:
        """Bring the store to what the file says; gives how many were written. Safe to run on
        several replicas."""
        wanted = divisions()
        edition = hashlib.sha256(
            orjson.dumps([division.model_dump() for division in wanted])
        ).hexdigest()[:16]
        if await self._collection.count_documents({"edition": edition}) == len(wanted):
            return 0
        writes = [ReplaceOne({"_id": d.code}, _document(d, edition), upsert=True) for d in wanted]
        await self._collection.bulk_write(writes, ordered=False)
        await self._collection.delete_many({"edition": {"$ne": edition}})
        return len(wanted)

    async def children(self, parent: str) -> list[Division]:
        found = self._collection.find({"parent": parent}, max_time_ms=5000).sort("_id", ASCENDING)
        return [
            Division.model_validate(document | {"code": document["_id"]})
            async for document in found
        ]

    async def is_community(self, code: str) -> bool:
        return (
            await self._collection.find_one({"_id": code, "kind": "community"}, {"_id": 1})
            is not None
        )

    async def count(self) -> dict[str, int]:
        """By kind."""
        groups = await self._collection.aggregate([{"$group": {"_id": "$kind", "n": {"$sum": 1}}}])
        return {group["_id"]: group["n"] async for group in groups}


def _document(division: Division, edition: str) -> Document:
    return {"_id": division.code, **division.model_dump(exclude={"code"}), "edition": edition}
