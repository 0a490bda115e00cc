"""The last code of each phone, by keyed hash; and, where SMS is local, the messages that a phone
would have shown."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateMany
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis.domain import Frozen
from chassis.mongo.store import Document, Store, new_id
from chassis.tasks.batches import Batcher
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.code import IssuedCode, day_of

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

    async def issue(
        self, phone_key: str, code: str, hash: str, mark: str, account_known: bool, now: datetime
    ) -> IssuedCode | None:
        """Replace the phone's last code, unless that is too soon or one too many for the day. A
        repeat of `mark` need not wait if the last code never left (the process ended, the store was
        unavailable).

        Returns None if the new code is stored, else the last one.
        """
        document = self._document(code, hash, mark, account_known, now)
        try:
            await self._collection.update_one(
                self._replaceable(phone_key, mark, now), [{"$set": document}], upsert=True
            )
        except DuplicateKeyError:
            return await self.last(phone_key)
        return None

    @staticmethod
    def _replaceable(phone_key: str, mark: str, now: datetime) -> Document:
        policy = POLICIES.at(now)
        undelivered = {"$lte": now - policy.code_delivery_timeout}
        never_left = {"mark": mark, "delivered": False, "sent_at": undelivered}
        waited = {"sent_at": {"$lte": now - policy.code_resend_wait}}
        few_today = {"sent_today": {"$lt": policy.code_max_per_day}}
        return {
            "_id": phone_key,
            "$and": [
                {"$or": [waited, never_left]},
                {"$or": [{"day": {"$ne": day_of(now)}}, few_today]},
            ],
        }

    @staticmethod
    def _document(code: str, hash: str, mark: str, account_known: bool, now: datetime) -> Document:
        day = day_of(now)
        return {
            "code": code,
            "hash": hash,
            "mark": mark,
            "sent_at": now,
            "expires_at": now + POLICIES.at(now).code_lifetime,
            "guesses": 0,
            "delivered": False,
            "account_known": account_known,
            "purge_at": now + _CODE_KEPT,
            "day": day,
            "sent_today": {"$cond": [{"$eq": ["$day", day]}, {"$add": ["$sent_today", 1]}, 1]},
        }

    async def last(self, phone_key: str) -> IssuedCode | None:
        document = await self._collection.find_one({"_id": phone_key})
        return None if document is None else IssuedCode.model_validate(document)

    async def mark_delivered(self, phone_key: str, code: str) -> None:
        await self._collection.update_one(
            {"_id": phone_key, "code": code}, {"$set": {"delivered": True}}
        )

    async def mark_failed(self, phone_key: str, code: str) -> None:
        """The code never left: another may be asked for at once, but it counts for the day."""
        long_ago = datetime.fromtimestamp(0).astimezone()
        await self._collection.update_one(
            {"_id": phone_key, "code": code}, {"$set": {"sent_at": long_ago, "mark": ""}}
        )

    async def count_guess(self, phone_key: str) -> IssuedCode | None:
        """The phone's code, with this guess counted. Guesses that arrive during a write are counted
        together by the next one.

        The driver does not repeat the write after a lost connection, so it cannot count twice:
        whoever guessed is told to try again.
        """
        return await self._counter.submit(phone_key)

    async def _count(self, batch: Sequence[str]) -> Sequence[IssuedCode | None]:
        by_number: dict[int, list[str]] = defaultdict(list)
        for key, guesses in Counter(batch).items():
            by_number[guesses].append(key)
        # One statement for all phones with one guess, which are nearly all of a batch. Each phone's
        # count is atomic, as with a statement of its own.
        counts = [
            UpdateMany({"_id": {"$in": keys}}, {"$inc": {"guesses": guesses}})
            for guesses, keys in by_number.items()
        ]
        await self._guesses.bulk_write(counts, ordered=False)
        keys = {"$in": list(set(batch))}
        found = self._guesses.find({"_id": keys}, max_time_ms=5000)
        issued = {document["_id"]: IssuedCode.model_validate(document) async for document in found}
        return [issued.get(key) for key in batch]


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
