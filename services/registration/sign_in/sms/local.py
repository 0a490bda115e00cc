"""The SMS desk of a local platform: messages are kept for ten minutes, and shown to the
developer."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.clock import Clock
from chassis.mongo.store import Store, new_id
from contracts.texts import text
from services.registration.account.personal import Personal


class KeptMessage(BaseModel):
    text: str
    code: str
    at: datetime


class LocalSms:
    """In the store, so that every replica shows what any of them sent. The phone is kept as its
    keyed hash."""

    def __init__(self, store: Store, personal: Personal, clock: Clock) -> None:
        self._personal, self._clock = personal, clock
        self._collection = store.collection(
            "local_messages",
            IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0),
            IndexModel([("phone_key", ASCENDING), ("at", DESCENDING)]),
        )

    async def send_code(self, phone: str, code: str) -> None:
        now = datetime.fromtimestamp(self._clock.real(), UTC)
        message = KeptMessage(text=text("sms.sign_in_code", code=code).zh, code=code, at=now)
        keyed = {
            "phone_key": self._personal.phone_key(phone),
            "purge_at": now + timedelta(minutes=10),
        }
        await self._collection.insert_one({"_id": new_id("sms"), **message.model_dump(), **keyed})

    async def latest(self, phone: str, limit: int = 10) -> list[KeptMessage]:
        """The latest first."""
        cursor = self._collection.find(
            {"phone_key": self._personal.phone_key(phone)}, limit=limit, max_time_ms=3000
        )
        return [
            KeptMessage.model_validate(document) async for document in cursor.sort("at", DESCENDING)
        ]
