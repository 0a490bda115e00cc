"""Photos and the report that each belongs to. One that no report claims expires after a day of real
time, by the store's own clock."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from bson import Binary
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from chassis.domain import Cause
from chassis.errors import CauseReused
from chassis.limits.quota import Quota
from chassis.mongo.store import Document, Store
from chassis.personal import sealing
from chassis.personal.keys import PersonKeys
from services.incidents.photo.domain import Photo

_LIFETIME = timedelta(days=1)
_KEY_LIFETIME = 3 * _LIFETIME
"""Of the key of a photo that is not kept: a claim may lengthen the photo's life once more."""
_SETTLED = timedelta(minutes=5)
"""How long after a claim its request has certainly ended, with or without a stored report."""


class UploadQuota(Quota):
    """Photos of one account; of one address without an account."""


class Photos:
    """Each is sealed under a key of its own."""

    def __init__(self, store: Store, keys: PersonKeys) -> None:
        self.name, self.needed, self._keys = "photos", {"sealed": 1}, keys
        store.sealed.append(self)
        self._photos = store.collection(
            "photos", IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)
        )

    async def add(self, id: str, photo: Photo, cause: Cause) -> None:
        """A repeat of the cause changes nothing.

        Raises:
            CauseReused: the same key came with another photo.
        """
        key = await self._keys.new(id, expires_at=datetime.now(UTC) + _KEY_LIFETIME)
        if key is None:  # erased since; a repeat does not bring it back
            return
        document = {
            "_id": id,
            "type": photo.media_type,
            "sealed": True,
            "content": Binary(sealing.encrypt(key, photo.content, _context(id))),
            "report": None,
            "cause": cause.mark,
            "expires_at": datetime.now(UTC) + _LIFETIME,
        }
        try:
            await self._photos.insert_one(document)
        except DuplicateKeyError:
            stored = await self._photos.find_one({"_id": id}, {"cause": 1}, max_time_ms=5000)
            if stored and stored["cause"] != cause.mark:
                raise CauseReused(id) from None

    @property
    def documents(self) -> AsyncCollection[Document]:
        return self._photos

    def is_readable(self, document: Document) -> bool:
        return not document.get("sealed")

    async def seal_stored(self, id: str) -> None:
        """One that was stored before photos were sealed. Its key does not expire: the photo may be
        kept meanwhile."""
        stored = await self._photos.find_one({"_id": id}, {"content": 1}, max_time_ms=5000)
        key = await self._keys.new(id) if stored else None
        if stored is None or key is None:  # expired or erased meanwhile
            return
        sealed = Binary(sealing.encrypt(key, bytes(stored["content"]), _context(id)))
        await self._photos.update_one(
            {"_id": id, "sealed": {"$ne": True}}, {"$set": {"content": sealed, "sealed": True}}
        )

    async def claim(self, id: str, report: str) -> bool:
        """Reserve it for a report that is about to be stored; False where it is missing or another
        report's. Until `keep` it still expires."""
        lifetime = {"$cond": ["$expires_at", datetime.now(UTC) + _LIFETIME, None]}
        claimed = await self._photos.update_one(
            {"_id": id, "report": {"$in": [None, report]}},
            [{"$set": {"report": report, "expires_at": lifetime}}],
        )
        return claimed.matched_count == 1

    async def keep(self, id: str) -> None:
        """Its report is stored: it does not expire any more."""
        await self._keys.keep(id)
        await self._photos.update_one({"_id": id}, {"$set": {"expires_at": None}})

    async def erase(self, id: str) -> None:
        """For ever, with its key. A repeat changes nothing."""
        await self._photos.delete_one({"_id": id})
        await self._keys.destroy(id)

    async def claimed(self) -> AsyncGenerator[tuple[str, str], None]:
        """(photo, report) of all that were claimed a while ago and still expire, the first to
        expire first."""
        claimed_before = datetime.now(UTC) + _LIFETIME - _SETTLED
        query = {"expires_at": {"$lt": claimed_before}, "report": {"$ne": None}}
        found = self._photos.find(query, {"report": 1}, max_time_ms=5000)
        async with found.sort("expires_at", ASCENDING) as by_expiry:
            async for document in by_expiry:
                yield document["_id"], document["report"]

    async def get(self, id: str) -> Photo | None:
        found = await self._photos.find_one(
            {"_id": id}, {"type": 1, "content": 1, "sealed": 1}, max_time_ms=5000
        )
        if found is None:
            return None
        content = bytes(found["content"])
        if not found.get("sealed"):  # stored before photos were
            return Photo(found["type"], content)
        key = await self._keys.get(id)
        if key is None:
            return None
        return Photo(found["type"], sealing.decrypt(key, content, _context(id)))


def _context(id: str) -> str:
    return f"photos:{id}"
