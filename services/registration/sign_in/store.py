"""The last code of each phone, by keyed hash; and, where SMS is local, the messages that a phone
would have shown."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis.domain import Frozen
from chassis.mongo.store import Document, Store, new_id
from chassis.tasks.batches import Batcher
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.code import IssuedCode, NextCode, day_of

_CODE_KEPT = timedelta(days=1, hours=1)
"""As long as the day's count is needed."""
_MESSAGE_KEPT = timedelta(minutes=10)


class SignInCodes:
    """One document for each phone. Guesses are counted before they are compared."""

    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "sign_in_codes", IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0)
        )
        # Not journalled: a crash of a server may lose a count, which allows one more guess.
        self._guesses = self._collection.with_options(
            write_concern=WriteConcern(w=1, j=False), read_concern=ReadConcern("local")
        )
        self._counter = Batcher(self._count)
        self._clock = store.clock

    async def issue(
        self,
        phone_key: str,
        code: NextCode,
        mark: str,
        account_known: bool,
        most: int,
        now: datetime,
    ) -> IssuedCode | None:
        """Make this the phone's last code, unless that is too soon or one too many for the day
        (`most`). A repeat of `mark` need not wait if the last code never left (the process ended,
        the store was unavailable), nor does whoever finds the guesses of a code used up.

        Returns None if the code is stored, else the last one.
        """
        document = self._document(code, mark, account_known, now)
        try:
            await self._collection.update_one(
                self._replaceable(phone_key, code, mark, most, now),
                [{"$set": document}],
                upsert=True,
            )
        except DuplicateKeyError:
            return await self.last(phone_key)
        return None

    @staticmethod
    def _replaceable(
        phone_key: str, code: NextCode, mark: str, most: int, now: datetime
    ) -> Document:
        policy = POLICIES.at(now)
        undelivered = {"$lte": now - policy.code_delivery_timeout}
        never_left = {"mark": mark, "delivered": False, "sent_at": undelivered}
        waited = {"sent_at": {"$lte": now - policy.code_resend_wait}}
        used_up = {"guesses": {"$gt": policy.code_guesses_of_all}}
        few_today = {"sent_today": {"$lt": most}}
        return {
            "_id": phone_key,
            "$and": [
                {"$or": [waited, never_left, used_up]},
                {"$or": [{"day": {"$ne": day_of(now)}}, few_today]},
                {} if code.is_new else {"code": code.id},
            ],
        }

    @staticmethod
    def _document(code: NextCode, mark: str, account_known: bool, now: datetime) -> Document:
        day = day_of(now)
        same_day = {"$eq": ["$day", day]}
        document: Document = {
            "code": code.id,
            "digits": code.digits,
            "mark": mark,
            "sent_at": now,
            "expires_at": now + POLICIES.at(now).code_lifetime,
            "delivered": False,
            "account_known": account_known,
            "purge_at": now + _CODE_KEPT,
            "day": day,
            "sent_today": {"$cond": [same_day, {"$add": ["$sent_today", 1]}, 1]},
            "guesses_today": {"$cond": [same_day, {"$ifNull": ["$guesses_today", 0]}, 0]},
            "by": {"$literal": {}},
        }
        return document | ({"guesses": 0} if code.is_new else {})

    async def last(self, phone_key: str) -> IssuedCode | None:
        document = await self._guesses.find_one({"_id": phone_key}, max_time_ms=5000)
        return None if document is None else IssuedCode.model_validate(document)

    async def expire(self, phone_key: str) -> None:
        """The phone's last code opens nothing more; the day's counts stay."""
        ended = {"expires_at": datetime.fromtimestamp(0, UTC)}
        await self._collection.update_one({"_id": phone_key}, {"$set": ended})

    async def mark_delivered(self, phone_key: str, code: str) -> None:
        await self._collection.update_one(
            {"_id": phone_key, "code": code}, {"$set": {"delivered": True}}
        )

    async def mark_failed(self, phone_key: str, code: str, tried: bool) -> None:
        """The code never left: another may be asked for at once. `tried`: it counts for the day,
        since the provider may have been paid for it."""
        long_ago = datetime.fromtimestamp(0).astimezone()
        change: Document = {"$set": {"sent_at": long_ago, "mark": ""}}
        if not tried:
            change["$inc"] = {"sent_today": -1}
        await self._collection.update_one({"_id": phone_key, "code": code}, change)

    async def count_guess(self, phone_key: str, address: str) -> IssuedCode | None:
        """The phone's code, with this guess counted, for its address (a keyed hash) and for all.
        Guesses that arrive during a write are counted together by the next one.

        The driver does not repeat the write after a lost connection, so it cannot count twice:
        whoever guessed is told to try again.
        """
        return await self._counter.submit((phone_key, address))

    async def _count(self, batch: Sequence[tuple[str, str]]) -> Sequence[IssuedCode | None]:
        policy = POLICIES.at(datetime.fromtimestamp(self._clock.real(), UTC))
        counts = [
            UpdateOne(
                {"_id": key, "guesses": {"$lte": policy.code_guesses_of_all}},
                _counting(address, guesses, policy.code_max_guesses),
            )
            for (key, address), guesses in Counter(batch).items()
        ]
        await self._guesses.bulk_write(counts, ordered=False)
        keys = {"$in": list({key for key, _ in batch})}
        found = self._guesses.find({"_id": keys}, max_time_ms=5000)
        issued = {document["_id"]: IssuedCode.model_validate(document) async for document in found}
        return [issued.get(key) for key, _ in batch]


def _counting(address: str, guesses: int, most: int) -> list[Document]:
    """Counts up to one more than the address may compare, so that it is seen to have no more; only
    those that are compared count for all."""
    before: Document = {"$ifNull": [f"$by.{address}", 0]}
    after: Document = {"$max": [before, {"$min": [{"$add": [before, guesses]}, most + 1]}]}
    compared = {"$subtract": [{"$min": [after, most]}, {"$min": [before, most]}]}
    counted = {name: {"$add": [{"$ifNull": [f"${name}", 0]}, compared]} for name in _COUNTERS}
    return [{"$set": {**counted, f"by.{address}": after}}]


_COUNTERS = ("guesses", "guesses_today")


class FamiliarAddresses:
    """From which addresses the owners of phones signed in within a session's lifetime. Both are
    stored as one keyed hash, which expires."""

    def __init__(self, store: Store) -> None:
        collection = store.collection(
            "familiar_addresses", IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0)
        )
        self._collection = collection.with_options(write_concern=WriteConcern(w=1, j=False))

    async def add(self, address_key: str, now: datetime) -> None:
        purge_at = now + POLICIES.at(now).session_lifetime
        change = {"$set": {"purge_at": purge_at}}
        await self._collection.update_one({"_id": address_key}, change, upsert=True)

    async def has(self, address_key: str) -> bool:
        found = await self._collection.find_one({"_id": address_key}, {"_id": 1}, max_time_ms=3000)
        return found is not None


class LocalMessage(Frozen):
    text: str
    code: str
    at: datetime


class LocalMessages:
    """Shared by all replicas. The phone is stored as its keyed hash."""

    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "local_messages",
            IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0),
            IndexModel([("phone_key", ASCENDING), ("at", DESCENDING)]),
        )

    async def add(self, phone_key: str, message: LocalMessage) -> None:
        own = {"phone_key": phone_key, "purge_at": message.at + _MESSAGE_KEPT}
        await self._collection.insert_one({"_id": new_id("sms"), **message.model_dump(), **own})

    async def latest(self, phone_key: str, limit: int) -> list[LocalMessage]:
        """The latest first."""
        cursor = self._collection.find({"phone_key": phone_key}, limit=limit, max_time_ms=3000)
        return [LocalMessage.model_validate(d) async for d in cursor.sort("at", DESCENDING)]
