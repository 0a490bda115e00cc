"""Responders in MongoDB, and their claims: conditional updates, so that two call-outs compete
safely."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.dispatch.responder.domain import Responder

_KEPT_CALLS = 100
_SITUATION = {"outbox": 0, "seen": 0, "seq": 0, "pending": 0}


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
        )

    async def of(self, ids: Collection[str]) -> dict[str, Responder]:
        """Those that are known, by id; one round trip."""
        cursor = self.collection.find({"_id": {"$in": list(ids)}}, _SITUATION, max_time_ms=5000)
        return {document["_id"]: self.load(document) async for document in cursor}

    async def off_duty(self, ids: Collection[str]) -> dict[str, Responder]:
        """Those of them who are not on duty, by id."""
        return {
            one.id: one
            for one in await self.find({"_id": {"$in": list(ids)}, "on_duty": {"$ne": True}})
        }

    async def claim(
        self, ids: Sequence[str], callout: str, now: datetime, until: datetime
    ) -> frozenset[str]:
        """Claim each of these for a call-out if they are free, approved and on duty; who was
        claimed is given back."""
        if not ids:
            return frozenset()
        set_claim = {
            "$set": {"engaged": {"callout": callout, "until": until}},
            "$inc": {"version": 1},
            "$push": {"called_at": {"$each": [now], "$slice": -_KEPT_CALLS}},
        }
        able = {"_id": {"$in": list(ids)}, "on_duty": True, "approved": True, **_free(now)}
        if (await self.collection.update_many(able, set_claim)).matched_count == len(ids):
            return frozenset(ids)
        query = {"_id": {"$in": list(ids)}, "engaged.callout": callout}
        return frozenset(
            [document["_id"] async for document in self.collection.find(query, {"_id": 1})]
        )

    async def claim_again(self, id: str, callout: str, now: datetime, until: datetime) -> bool:
        """Before an acceptance: take up a claim anew that has run out, unless another call-out has
        the person."""
        mine_or_free: dict[str, Any] = {"$or": [{"engaged.callout": callout}, *_free(now)["$or"]]}
        claim = {"$set": {"engaged": {"callout": callout, "until": until}}, "$inc": {"version": 1}}
        done = await self.collection.update_one(
            {"_id": id, "on_duty": True, "approved": True, **mine_or_free}, claim
        )
        return done.matched_count == 1

    async def release(self, ids: Collection[str], callout: str) -> None:
        """Let go of those who were claimed for a call-out but not called after all."""
        if ids:
            mine = {
                "_id": {"$in": list(ids)},
                "engaged.callout": callout,
                "engaged.until": {"$ne": None},
            }
            await self.collection.update_many(
                mine, {"$set": {"engaged": None}, "$inc": {"version": 1}}
            )

    async def on_duty(self, station: str, limit: int) -> list[Responder]:
        return await self.find(
            {"on_duty": True, "station": station}, sort=[("_id", ASCENDING)], limit=limit
        )

    async def silent_since(self, before: datetime, limit: int) -> list[Responder]:
        """On duty, and the last stored sign is older."""
        query = {"on_duty": True, "sign_at": {"$lt": before}}
        return await self.find(query, sort=[("sign_at", ASCENDING)], limit=limit)

    async def note_signs(self, signs: Mapping[str, datetime]) -> None:
        """Newer signs of these. No change of the aggregate: one that is lost is found again among
        the positions."""
        if signs:
            writes = [UpdateOne({"_id": id}, {"$max": {"sign_at": at}}) for id, at in signs.items()]
            await self.collection.bulk_write(writes, ordered=False)


def _free(now: datetime) -> dict[str, list[dict[str, Any]]]:
    return {"$or": [{"engaged": None}, {"engaged.until": {"$lt": now}}]}
