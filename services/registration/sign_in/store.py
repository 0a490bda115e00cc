"""One document a phone: its last code, by keyed hash. Tries are counted before a guess is
compared."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis.mongo.store import Store
from chassis.tasks import Batcher
from services.registration.sign_in_code.domain import (
    DELIVERY,
    LIFE,
    PAUSE,
    PER_DAY,
    IssuedCode,
    day_of,
)

_KEPT = timedelta(days=1, hours=1)
"""As long as the day's count is needed."""


class SignInCodes:
    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "sign_in_codes", IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0)
        )
        # A count of tries may be lost with a server: then somebody has a try more. Nobody waits for
        # the journal.
        self._tries = self._collection.with_options(
            write_concern=WriteConcern(w=1, j=False), read_concern=ReadConcern("local")
        )
        self._counted = Batcher(self._count)

    async def issue(
        self, phone_key: str, code: str, hash: str, mark: str, account_known: bool, now: datetime
    ) -> IssuedCode | None:
        """Put a new code in the place of the last, unless that is too soon or too many. It is too
        soon for a repeat of `mark` while the last code is on its way, not when it never left (its
        process ended, the store was away).

        Gives None if it is there now, else the last one.
        """
        day = day_of(now)
        never_left = {"mark": mark, "delivered": False, "sent_at": {"$lte": now - DELIVERY}}
        allowed = {
            "_id": phone_key,
            "$and": [
                {"$or": [{"sent_at": {"$lte": now - PAUSE}}, never_left]},
                {"$or": [{"day": {"$ne": day}}, {"sent_today": {"$lt": PER_DAY}}]},
            ],
        }
        fields = {
            "code": code,
            "hash": hash,
            "mark": mark,
            "sent_at": now,
            "expires_at": now + LIFE,
            "tries": 0,
            "delivered": False,
            "account_known": account_known,
            "purge_at": now + _KEPT,
            "day": day,
            "sent_today": {"$cond": [{"$eq": ["$day", day]}, {"$add": ["$sent_today", 1]}, 1]},
        }
        try:
            await self._collection.update_one(allowed, [{"$set": fields}], upsert=True)
        except DuplicateKeyError:
            return await self.last(phone_key)
        return None

    async def last(self, phone_key: str) -> IssuedCode | None:
        document = await self._collection.find_one({"_id": phone_key})
        return None if document is None else IssuedCode.model_validate(document)

    async def sent(self, phone_key: str, code: str) -> None:
        await self._collection.update_one(
            {"_id": phone_key, "code": code}, {"$set": {"delivered": True}}
        )

    async def not_sent(self, phone_key: str, code: str) -> None:
        """The code never left: another may be asked for at once, though the day's count stays."""
        long_ago = datetime.fromtimestamp(0).astimezone()
        await self._collection.update_one(
            {"_id": phone_key, "code": code}, {"$set": {"sent_at": long_ago, "mark": ""}}
        )

    async def tried(self, phone_key: str) -> IssuedCode | None:
        """Count a try and give the code with it. Tries that come while others are counted go
        together."""
        return await self._counted.submit(phone_key)

    async def _count(self, batch: Sequence[str]) -> Sequence[IssuedCode | None]:
        counts = [
            UpdateOne({"_id": key}, {"$inc": {"tries": tries}})
            for key, tries in Counter(batch).items()
        ]
        await self._tries.bulk_write(counts, ordered=False)
        found = self._tries.find({"_id": {"$in": list(set(batch))}}, max_time_ms=5000)
        issued = {document["_id"]: IssuedCode.model_validate(document) async for document in found}
        return [issued.get(key) for key in batch]
