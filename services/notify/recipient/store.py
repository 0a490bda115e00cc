"""What notify keeps of other services' facts to know whom to tell: grants, duty, reporters and
standings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from chassis.mongo.store import Document, Store
from chassis.tasks import Batcher
from contracts.access import Grant
from contracts.vocabulary import Role

_AREA_LENGTHS = (4, 6, 9, 12)


class Recipients:
    """Views, rebuilt from the topics at any time: each keeps the newest fact, in whatever order
    facts arrive."""

    def __init__(self, store: Store) -> None:
        by_grant = IndexModel([("grants.role", ASCENDING), ("grants.area", ASCENDING)])
        self._people = store.collection("people", by_grant)
        self._duty = store.collection("duty")
        self._reporters = store.collection("reporters")
        self._standings = store.collection("standings")
        self._asked = Batcher[str, bool](self._off_duty)

    async def keep_grants(self, account: str, grants: Sequence[Grant], seq: int) -> None:
        kept = [grant.model_dump() for grant in grants]
        await _keep(self._people, account, {"seq": {"$lt": seq}}, {"seq": seq, "grants": kept})

    async def holders(self, role: Role, area: str, now: datetime) -> list[str]:
        """The accounts that hold the role now in an area that covers `area`."""
        around = [area[:length] for length in _AREA_LENGTHS if length <= len(area)]
        in_force = [{"until": None}, {"until": {"$gt": now}}]
        grant = {"role": role, "area": {"$in": around}, "$or": in_force}
        cursor = self._people.find({"grants": {"$elemMatch": grant}}, {"_id": 1}, max_time_ms=5000)
        return [document["_id"] async for document in cursor.sort("_id", ASCENDING)]

    async def keep_duty(self, volunteer: str, on: bool, at: datetime, seq: int) -> None:
        """The later fact holds. By time first: a volunteer's next time on duty may count its `seq`
        anew."""
        older = {"$or": [{"at": {"$lt": at}}, {"at": at, "seq": {"$lt": seq}}]}
        await _keep(self._duty, volunteer, older, {"on": on, "at": at, "seq": seq})

    async def is_off_duty(self, volunteer: str) -> bool:
        """Whether they are known to be off duty. Of whom nothing is known dispatch is trusted: it
        chose them.

        All who are called to one matter are asked about together.
        """
        return await self._asked.submit(volunteer)

    async def _off_duty(self, volunteers: Sequence[str]) -> Sequence[bool]:
        query = {"_id": {"$in": list(set(volunteers))}, "on": False}
        off = {
            document["_id"]
            async for document in self._duty.find(query, {"_id": 1}, max_time_ms=3000)
        }
        return [volunteer in off for volunteer in volunteers]

    async def keep_reporter(self, report: str, reporter: str | None) -> None:
        """Who filed a report never changes."""
        await self._reporters.update_one(
            {"_id": report}, {"$setOnInsert": {"reporter": reporter}}, upsert=True
        )

    async def reporter_of(self, report: str) -> tuple[bool, str | None]:
        """Whether the report is known yet, and its reporter: None for an anonymous one."""
        found = await self._reporters.find_one({"_id": report}, max_time_ms=3000)
        return (True, found["reporter"]) if found else (False, None)

    async def is_new_standing(self, volunteer: str, standing: str, seq: int) -> bool:
        """Whether this is newer than what is known, and says something else."""
        known = await self._standings.find_one({"_id": volunteer}, max_time_ms=3000)
        return known is None or (known["seq"] < seq and known["standing"] != standing)

    async def keep_standing(self, volunteer: str, standing: str, seq: int) -> None:
        await _keep(
            self._standings, volunteer, {"seq": {"$lt": seq}}, {"seq": seq, "standing": standing}
        )


async def _keep(
    collection: AsyncCollection[Document],
    id: str,
    older: Mapping[str, Any],
    fields: Mapping[str, Any],
) -> None:
    """Replace what is there if it is older; what is there and newer stays."""
    try:
        await collection.update_one({"_id": id, **older}, {"$set": fields}, upsert=True)
    except DuplicateKeyError:
        return


class Waiting:
    """Events about a report of which notify has not heard yet; they are told once it has."""

    def __init__(self, store: Store) -> None:
        self._events = store.collection("waiting", IndexModel([("report", ASCENDING)]))

    async def put(self, report: str, id: str, event: Mapping[str, Any]) -> None:
        await self._events.update_one(
            {"_id": id}, {"$setOnInsert": {"report": report, **event}}, upsert=True
        )

    async def of(self, report: str) -> list[Document]:
        return [
            document
            async for document in self._events.find({"report": report}, max_time_ms=3000).sort(
                "at", 1
            )
        ]

    async def drop(self, id: str) -> None:
        await self._events.delete_one({"_id": id})
