"""Responders in MongoDB, and their claims: conditional updates, so that two call-outs compete
safely."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from contracts.vocabulary import Category
from services.dispatch.responder.domain import Profile, Responder, profile

_KEPT_CALLS = 100
_STATE = {"outbox": 0, "seen": 0, "seq": 0, "pending": 0}


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

    async def profiles(
        self, ids: Collection[str], category: Category, now: datetime
    ) -> dict[str, Profile]:
        """Those that are known, by id; one round trip."""
        cursor = self.collection.find({"_id": {"$in": list(ids)}}, _STATE, max_time_ms=5000)
        known = [self.load(document) async for document in cursor]
        return {responder.id: profile(responder, category, now) for responder in known}

    async def off_duty(self, ids: Collection[str]) -> dict[str, Responder]:
        """Those who are not on duty, by id."""
        return {
            one.id: one
            for one in await self.find({"_id": {"$in": list(ids)}, "on_duty": {"$ne": True}})
        }

    async def claim(
        self, ids: Sequence[str], callout: str, now: datetime, until: datetime
    ) -> frozenset[str]:
        """Claim those of these who are free, approved and on duty. Returns who is claimed by the
        call-out."""
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
        """Renew a claim that has run out, unless another call-out has the person. Returns whether
        it holds."""
        mine_or_free: dict[str, Any] = {"$or": [{"engaged.callout": callout}, *_free(now)["$or"]]}
        claim = {"$set": {"engaged": {"callout": callout, "until": until}}, "$inc": {"version": 1}}
        done = await self.collection.update_one(
            {"_id": id, "on_duty": True, "approved": True, **mine_or_free}, claim
        )
        return done.matched_count == 1

    async def release(self, ids: Collection[str], callout: str) -> None:
        """End the claims of a call-out on these, unless they have accepted."""
        if ids:
            mine = {
                "_id": {"$in": list(ids)},
                "engaged.callout": callout,
                "engaged.until": {"$ne": None},
            }
            await self.collection.update_many(
                mine, {"$set": {"engaged": None}, "$inc": {"version": 1}}
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

    async def count_on_duty(
        self, station: str, squads: Collection[str] | None, now: datetime
    ) -> tuple[int, int]:
        """(on duty, of these claimed by a call-out)"""
        query = _on_duty(station, squads)
        claimed = query | {"$nor": _free(now)["$or"]}
        return (
            await self.collection.count_documents(query, maxTimeMS=5000),
            await self.collection.count_documents(claimed, maxTimeMS=5000),
        )

    async def silent_since(self, before: datetime, limit: int) -> list[Responder]:
        """On duty, and the last stored sign is older."""
        query = {"on_duty": True, "sign_at": {"$lt": before}}
        return await self.find(query, sort=[("sign_at", ASCENDING)], limit=limit)

    async def note_signs(self, signs: Mapping[str, datetime]) -> None:
        """Keep newer signs. Not a change of the aggregate: one that is lost is found again in the
        positions."""
        if signs:
            writes = [UpdateOne({"_id": id}, {"$max": {"sign_at": at}}) for id, at in signs.items()]
            await self.collection.bulk_write(writes, ordered=False)


def _free(now: datetime) -> dict[str, list[dict[str, Any]]]:
    return {"$or": [{"engaged": None}, {"engaged.until": {"$lt": now}}]}


def _on_duty(station: str, squads: Collection[str] | None) -> dict[str, Any]:
    of_squads = {} if squads is None else {"squad": {"$in": sorted(squads)}}
    return {"on_duty": True, "station": station, **of_squads}
