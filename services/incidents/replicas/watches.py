"""Who holds which watch, as registration last published it."""

from collections.abc import Sequence
from datetime import datetime

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.store import Store
from contracts.events.registration import WatchAccepted, WatchLapsed, WatchTaken


class Watches:
    """One document for each area whose watch somebody has taken."""

    def __init__(self, store: Store) -> None:
        self._watches = Projection(store, "watches")

    async def held(self, event: WatchTaken | WatchAccepted, message: Message) -> None:
        await self._watches.keep(event.area, message.seq, by=event.by, until=event.until)

    async def ended(self, event: WatchLapsed, message: Message) -> None:
        await self._watches.keep(event.area, message.seq, by=None, until=event.at)

    async def holders(self, areas: Sequence[str], now: datetime) -> dict[str, str]:
        """Those of the areas whose watch is held now, with the account that holds it."""
        query = {"_id": {"$in": list(areas)}, "by": {"$ne": None}, "until": {"$gt": now}}
        found = self._watches.collection.find(query, {"by": 1}, max_time_ms=5000)
        return {document["_id"]: document["by"] async for document in found}
