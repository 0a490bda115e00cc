"""Responders in MongoDB."""

from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from chassis.domain import Cause
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from contracts.vocabulary import Category
from services.dispatch.responder.domain import Responder, answer_keys

_KEPT_CAUSES = 64
_MAX_ON_DUTY = 5000
"""Of one station."""


class Responders(Repository[Responder]):
    def __init__(self, store: Store) -> None:
        on_duty = {"partialFilterExpression": {"on_duty": True}}
        super().__init__(
            store,
            "responders",
            Responder,
            IndexModel(
                [("station", ASCENDING), ("_id", ASCENDING)], name="on_duty_by_station", **on_duty
            ),
            IndexModel([("sign_at", ASCENDING)], name="on_duty_by_sign", **on_duty),
            attached=("unanswered",),
        )
        store.replicas.append(self.collection)  # standing, squad and skills are registration's

    async def of(self, ids: Collection[str]) -> list[Responder]:
        """Those that are known; one round trip."""
        return await self.find({"_id": {"$in": list(ids)}}, limit=len(ids)) if ids else []

    async def count_unanswered(
        self, ids: Collection[str], category: Category, at: datetime, cause: Cause
    ) -> None:
        """Each of these was asked and did not answer; counted once for a cause, with one write for
        all."""
        asked = dict.fromkeys((f"answers.{key}.asked" for key in answer_keys(category, at)), 1)
        counted = {"$each": [cause.id], "$slice": -_KEPT_CAUSES}
        await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "unanswered": {"$ne": cause.id}, "erased": {"$ne": True}},
            {"$inc": {**asked, "version": 1}, "$push": {"unanswered": counted}},
        )

    async def on_duty(
        self,
        station: str,
        limit: int,
        squads: Collection[str] | None = None,
        after: str | None = None,
    ) -> list[Responder]:
        """By id, after that one; of these squads, or all."""
        query = _on_duty(station, squads) | ({"_id": {"$gt": after}} if after else {})
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit)

    async def ids_on_duty(self, station: str, squads: Collection[str] | None) -> list[str]:
        cursor = self.collection.find(_on_duty(station, squads), {"_id": 1}, max_time_ms=5000)
        return [document["_id"] async for document in cursor.limit(_MAX_ON_DUTY)]

    async def on_duty_at(
        self, stations: Collection[str], after: str | None, limit: int
    ) -> list[Responder]:
        """Of any of these stations, by id, after that one."""
        query = {"on_duty": True, "station": {"$in": sorted(stations)}}
        query |= {"_id": {"$gt": after}} if after else {}
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit)

    async def count_by_station(self) -> dict[str, int]:
        """Station -> people on duty; read from an index alone."""
        counted: list[dict[str, Any]] = [
            {"$match": {"on_duty": True}},
            {"$group": {"_id": "$station", "n": {"$sum": 1}}},
        ]
        cursor = await self.collection.aggregate(counted, maxTimeMS=5000, hint="on_duty_by_station")
        return {row["_id"]: row["n"] async for row in cursor}

    async def silent_since(self, before: datetime) -> AsyncGenerator[list[Responder], None]:
        """All who are on duty and whose last stored sign is older, page by page."""
        query = {"on_duty": True, "sign_at": {"$lt": before}}
        async for page in self.pages(query, [("sign_at", ASCENDING)]):
            yield page

    async def note_signs(self, signs: Mapping[str, datetime]) -> None:
        """Keep newer signs. Not a change of the aggregate: one that is lost is found again in the
        positions."""
        if signs:
            writes = [UpdateOne({"_id": id}, {"$max": {"sign_at": at}}) for id, at in signs.items()]
            await self.collection.bulk_write(writes, ordered=False)


def _on_duty(station: str, squads: Collection[str] | None) -> dict[str, Any]:
    of_squads = {} if squads is None else {"squad": {"$in": sorted(squads)}}
    return {"on_duty": True, "station": station, **of_squads}
