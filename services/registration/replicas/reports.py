"""Who filed a report and where, as incidents published it: nothing of what it says. Kept while the
report is open, so that an officer of its area can reach the reporter."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.kafka.subscriptions import Message
from chassis.mongo.store import Document, Store
from contracts.events.incidents import ReportEvent

_ENDED_KEPT = timedelta(days=30)
"""How long it is remembered that a report has ended, so that late events do not open it again."""


class OpenReport(NamedTuple):
    area: str
    reporter: str


class Reports:
    def __init__(self, store: Store) -> None:
        self._clock = store.clock
        self._collection = store.collection(
            "reports",
            IndexModel([("reporter", ASCENDING)], sparse=True),
            IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0),
        )

    async def on_open(self, event: ReportEvent, message: Message) -> None:
        """Filed, reopened or corrected. An anonymous one is not kept."""
        if event.reporter is not None:
            kept: Document = {"area": event.area, "reporter": event.reporter}
            await self._keep(event.report, message.seq, {"$set": kept, "$unset": {"purge_at": ""}})

    async def on_ended(self, event: ReportEvent, message: Message) -> None:
        purge_at = datetime.fromtimestamp(self._clock.real(), UTC) + _ENDED_KEPT
        gone = {"area": "", "reporter": ""}
        change: Document = {"$set": {"purge_at": purge_at}, "$unset": gone}
        await self._keep(event.report, message.seq, change)

    async def get(self, id: str) -> OpenReport | None:
        """None for one that is anonymous, has ended or never was."""
        query = {"_id": id, "reporter": {"$gt": ""}}
        found = await self._collection.find_one(query, max_time_ms=5000)
        return None if found is None else OpenReport(found["area"], found["reporter"])

    async def erase(self, account: str) -> None:
        await self._collection.delete_many({"reporter": account})

    async def _keep(self, id: str, seq: int, change: Document) -> None:
        """The highest sequence wins."""
        change["$set"]["seq"] = seq
        older = {"_id": id, "seq": {"$lt": seq}}
        try:
            await self._collection.update_one(older, change, upsert=True)
        except DuplicateKeyError:  # not older; or an older one was inserted concurrently
            await self._collection.update_one(older, change)
