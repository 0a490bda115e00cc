"""What other services published: grants, duty and standings. Read by all nouns.

All of it can be rebuilt from the topics.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.store import Store
from chassis.tasks.batches import Batcher
from contracts.events.dispatch import DutyEnded, DutyStarted
from contracts.events.registration import GrantsChanged, VolunteerStandingChanged
from contracts.vocabulary import Role
from jinan.areas import containing


class Grants:
    """Who holds which role where."""

    def __init__(self, store: Store) -> None:
        by_grant = IndexModel([("grants.role", ASCENDING), ("grants.area", ASCENDING)])
        self._people = Projection(store, "people", by_grant)

    async def on_changed(self, event: GrantsChanged, message: Message) -> None:
        grants = [grant.model_dump() for grant in event.grants]
        await self._people.keep(event.account, message.seq, grants=grants)

    async def holders(self, role: Role, area: str, now: datetime) -> list[str]:
        """The accounts that hold the role now in an area that covers `area`."""
        return await self._holding(role, containing(area), now)

    async def holders_of(self, role: Role, area: str, now: datetime) -> list[str]:
        """The accounts whose grant of the role is for exactly `area`: not for one around it or
        in it."""
        return await self._holding(role, (area,), now)

    async def _holding(self, role: Role, areas: Sequence[str], now: datetime) -> list[str]:
        in_force = [{"until": None}, {"until": {"$gt": now}}]
        grant = {"role": role, "area": {"$in": list(areas)}, "$or": in_force}
        query = {"grants": {"$elemMatch": grant}}
        cursor = self._people.collection.find(query, {"_id": 1}, max_time_ms=5000)
        return [document["_id"] async for document in cursor.sort("_id", ASCENDING)]


class Duty:
    """Who is on duty."""

    def __init__(self, store: Store) -> None:
        self._duty = Projection(store, "duty")
        self._queries = Batcher[Collection[str], frozenset[str]](self._off_duty)

    async def on_started(self, event: DutyStarted, message: Message) -> None:
        await self._keep(event.volunteer, True, message)

    async def on_ended(self, event: DutyEnded, message: Message) -> None:
        await self._keep(event.volunteer, False, message)

    async def off_duty(self, volunteers: Collection[str]) -> frozenset[str]:
        """Those who are known to be off duty. An unknown one is not: dispatch has chosen them.

        Concurrent calls share one query.
        """
        return await self._queries.submit(volunteers)

    async def is_off_duty(self, volunteer: str) -> bool:
        return volunteer in await self.off_duty((volunteer,))

    async def _keep(self, volunteer: str, on: bool, message: Message) -> None:
        await self._duty.keep(volunteer, _by_time(message), on=on, at=message.at)

    async def _off_duty(self, asked: Sequence[Collection[str]]) -> Sequence[frozenset[str]]:
        query = {"_id": {"$in": list({one for each in asked for one in each})}, "on": False}
        found = await self._duty.collection.find(query, {"_id": 1}, max_time_ms=3000).to_list()
        off_duty = frozenset(document["_id"] for document in found)
        return [off_duty] * len(asked)


def _by_time(message: Message) -> int:
    """Orders a volunteer's duty events by time, then by sequence: the sequence may start again with
    the next time on duty."""
    return round(message.at.timestamp() * 1000) * 1_000_000 + message.seq


class Standings:
    """Where volunteers stand with their station."""

    def __init__(self, store: Store) -> None:
        self._standings = Projection(store, "standings")

    async def is_change(self, event: VolunteerStandingChanged, message: Message) -> bool:
        """Whether the event is newer than what is kept and differs from it: it is published for a
        change of skills or squad, too."""
        known = await self._standings.get(event.volunteer)
        if known is None:
            return True
        return known["seq"] < message.seq and known["standing"] != event.standing

    async def on_changed(self, event: VolunteerStandingChanged, message: Message) -> None:
        await self._standings.keep(event.volunteer, message.seq, standing=event.standing)
