"""Photos and the report each belongs to. One that no report takes is gone after a day (real time,
by the store)."""

from datetime import UTC, datetime, timedelta

from bson import Binary
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.domain import Cause, Refusal
from chassis.mongo.store import Store
from services.incidents.photo.domain import Photo

KEPT = timedelta(days=1)
_SETTLED = timedelta(minutes=5)
"""After a claim its report is stored, or never will be by the request that claimed."""


class Photos:
    def __init__(self, store: Store) -> None:
        self._photos = store.collection(
            "photos", IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)
        )

    async def add(self, id: str, photo: Photo, cause: Cause) -> None:
        """A repeat of the cause changes nothing. Raises a 422 problem if its key came with another
        body before."""
        document = {
            "_id": id,
            "type": photo.media_type,
            "content": Binary(photo.content),
            "report": None,
            "cause": cause.mark,
            "expires_at": datetime.now(UTC) + KEPT,
        }
        try:
            await self._photos.insert_one(document)
        except DuplicateKeyError:
            there = await self._photos.find_one({"_id": id}, {"cause": 1}, max_time_ms=5000)
            if there and there["cause"] != cause.mark:
                raise Refusal(
                    "key_reused", fields={"header.Idempotency-Key": "problem.key_reused"}
                ) from None

    async def claim(self, id: str, report: str) -> bool:
        """For a report that is about to be stored: whether it is there and no other report's.
        Expires all the same."""
        claimed = await self._photos.update_one(
            {"_id": id, "report": {"$in": [None, report]}},
            [
                {
                    "$set": {
                        "report": report,
                        "expires_at": {"$cond": ["$expires_at", datetime.now(UTC) + KEPT, None]},
                    }
                }
            ],
        )
        return claimed.matched_count == 1

    async def keep(self, id: str) -> None:
        """Its report is stored: it stays with it."""
        await self._photos.update_one({"_id": id}, {"$set": {"expires_at": None}})

    async def claimed(self, limit: int) -> list[tuple[str, str]]:
        """(photo, report) of those that were claimed a while ago and expire all the same, the next
        to go first."""
        query = {
            "expires_at": {"$lt": datetime.now(UTC) + KEPT - _SETTLED},
            "report": {"$ne": None},
        }
        found = self._photos.find(query, {"report": 1}, limit=limit, max_time_ms=5000).sort(
            "expires_at", ASCENDING
        )
        return [(document["_id"], document["report"]) async for document in found]

    async def get(self, id: str) -> Photo | None:
        found = await self._photos.find_one(
            {"_id": id}, {"type": 1, "content": 1}, max_time_ms=5000
        )
        return Photo(found["type"], bytes(found["content"])) if found else None
