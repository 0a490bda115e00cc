"""Looks at positions, in MongoDB."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from chassis.mongo.paging import behind
from chassis.mongo.store import Store
from services.dispatch.duty_map.domain import PositionAccess, access_id

_LATEST = [("first_at", DESCENDING), ("_id", DESCENDING)]


class PositionAccesses:
    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "position_accesses",
            IndexModel([("person", ASCENDING), *_LATEST]),
            IndexModel([("first_at", ASCENDING)]),
        )

    async def write(
        self, people: Collection[str], by: str, now: datetime, stretch: timedelta
    ) -> None:
        """One look of `by` at each of the people; one round trip."""
        if not people:
            return
        writes = [
            UpdateOne(
                {"_id": access_id(person, by, now, stretch)},
                {
                    "$setOnInsert": {"person": person, "by": by, "first_at": now},
                    "$max": {"last_at": now},
                    "$inc": {"looks": 1},
                },
                upsert=True,
            )
            for person in people
        ]
        await self._collection.bulk_write(writes, ordered=False)

    async def of(
        self, person: str, after: tuple[datetime, str] | None, limit: int
    ) -> list[PositionAccess]:
        """The latest first; from beyond the entry at (`first_at`, id)."""
        query = {"person": person, **behind("first_at", after)}
        found = self._collection.find(query, limit=limit, max_time_ms=5000).sort(_LATEST)
        return [PositionAccess.model_validate(d | {"id": d.pop("_id")}) async for d in found]

    async def forget(self, before: datetime) -> None:
        await self._collection.delete_many({"first_at": {"$lt": before}})

    async def erase(self, person: str) -> None:
        """Who saw where they were. What they saw of others stays with these, as an id."""
        await self._collection.delete_many({"person": person})
