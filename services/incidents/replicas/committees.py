"""Which communities have somebody of their committee on the platform, by the grants that
registration published."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.store import Store
from contracts.events.registration import GrantsChanged
from jinan.areas import containing


class Committees:
    def __init__(self, store: Store) -> None:
        by_area = IndexModel([("committee.area", ASCENDING)])
        self._people = Projection(store, "committee_staff", by_area)

    async def on_grants(self, event: GrantsChanged, message: Message) -> None:
        grants = [grant for grant in event.grants if grant.role == "committee"]
        committee = [{"area": grant.area, "until": grant.until} for grant in grants]
        await self._people.keep(event.account, message.seq, committee=committee)

    async def staffed(self, area: str, now: datetime) -> bool:
        """Whether somebody may act for the committee of this area now."""
        in_force = [{"until": None}, {"until": {"$gt": now}}]
        grant = {"area": {"$in": list(containing(area))}, "$or": in_force}
        query = {"committee": {"$elemMatch": grant}}
        found = await self._people.collection.find_one(query, {"_id": 1}, max_time_ms=5000)
        return found is not None
