"""Who filed a report and where, as incidents published it: nothing of what it says. Kept while the
report is open, so that an officer of its area can reach the reporter."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pymongo import ASCENDING, IndexModel

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
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
        self._kept = Projection(
            store,
            "open_reports",
            IndexModel([("reporter", ASCENDING)]),
            IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0),
        )

    async def on_open(self, event: ReportEvent, message: Message) -> None:
        """Filed, reopened or corrected. An anonymous one is not kept."""
        if event.reporter is not None:
            kept: Document = {"area": event.area, "reporter": event.reporter, "purge_at": None}
            await self._kept.keep(event.report, message.seq, **kept)

    async def on_ended(self, event: ReportEvent, message: Message) -> None:
        purge_at = datetime.fromtimestamp(self._clock.real(), UTC) + _ENDED_KEPT
        gone: Document = {"area": None, "reporter": None, "purge_at": purge_at}
        await self._kept.keep(event.report, message.seq, **gone)

    async def get(self, id: str) -> OpenReport | None:
        """None for one that is anonymous, has ended or never was."""
        found = await self._kept.get(id)
        return OpenReport(found["area"], found["reporter"]) if found and found["reporter"] else None

    async def erase(self, account: str) -> None:
        await self._kept.collection.delete_many({"reporter": account})
