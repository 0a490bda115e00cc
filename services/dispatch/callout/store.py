"""Call-outs, and reports that have ended, in MongoDB."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from contracts.vocabulary import Urgency, values_of
from jinan.coordinates import Point
from services.dispatch.callout.domain.state import COMING, ENDED, Callout, CalloutState
from services.dispatch.policy import POLICIES
from services.dispatch.responder.domain import Call, Engagement
from services.dispatch.selection.domain.kept import coarse
from services.dispatch.selection.domain.situation import Found

After = tuple[datetime, str]
"""Where the page before ended: `opened_at` and id of its last call-out."""
_MAX_WAITING = 500
_CALL = "volunteer", "state", "called_at", "accepted_at", "ended_at"
_BY_TIME = [("opened_at", DESCENDING), ("_id", DESCENDING)]


class WaitingCallout(NamedTuple):
    """One whose places are empty and that has no wave left."""

    id: str
    urgency: Urgency
    opened_at: datetime
    place: Point


class Callouts(Repository[Callout]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "callouts",
            Callout,
            IndexModel([("due_at", ASCENDING)], name="due", **_partial("due_at", "date")),
            IndexModel(
                [("opened_at", DESCENDING)],
                name="waiting",
                partialFilterExpression={"waiting": True},
            ),
            IndexModel([("report", ASCENDING)], name="by_report"),
            IndexModel(
                [("held", ASCENDING)], name="held", unique=True, **_partial("held", "string")
            ),
            IndexModel([("asked", ASCENDING), *_BY_TIME], name="by_asked"),
            _listed_by("station"),
            _listed_by("within"),
            IndexModel(
                [("opened_at", ASCENDING)], name="searched", **_partial("searches", "string")
            ),
            attached=("searches",),
        )

    async def due(self, now: datetime) -> AsyncGenerator[str, None]:
        """Ids of all whose next step is due, the most overdue first."""
        cursor = self.collection.find(_due(now), {"_id": 1}, batch_size=200, max_time_ms=5000)
        async with cursor.sort("due_at", ASCENDING) as found:
            async for document in found:
                yield document["_id"]

    async def adopt(self, now: datetime) -> None:
        """Those that are open and due never, as before all had limits, are due now."""
        never = {"state": {"$nin": list(ENDED)}, "due_at": None}
        await self.collection.update_many(never, {"$set": {"due_at": now}})

    async def next_due(self) -> datetime | None:
        """When the next step of any call-out is due."""
        query = {"due_at": {"$type": "date"}}
        cursor = self.collection.find(query, {"due_at": 1}, limit=1, max_time_ms=5000)
        found = await cursor.sort("due_at", ASCENDING).to_list()
        return found[0]["due_at"] if found else None

    async def waiting(self) -> list[WaitingCallout]:
        """The newest of those whose places are empty and that have no wave left."""
        fields = dict.fromkeys(("urgency", "opened_at", "longitude", "latitude"), 1)
        cursor = self.collection.find(
            {"waiting": True}, fields, limit=_MAX_WAITING, max_time_ms=5000
        )
        return [
            WaitingCallout(
                found["_id"],
                found["urgency"],
                found["opened_at"],
                Point(found["longitude"], found["latitude"]),
            )
            async for found in cursor.sort("opened_at", DESCENDING)
        ]

    async def engagements(self, volunteers: Collection[str]) -> dict[str, Engagement]:
        """Of those whom a call-out holds."""
        wanted = set(volunteers)
        query = {"held": {"$in": list(wanted), "$type": "string"}}
        fields = dict.fromkeys(("volunteer", "state", "expires_at"), 1)
        if not wanted:
            return {}
        cursor = self.collection.find(query, {"held": 1, "candidates": fields}, max_time_ms=5000)
        return {
            one["volunteer"]: Engagement(found["_id"], one["state"] in COMING, one["expires_at"])
            async for found in cursor
            for one in found["candidates"]
            if one["volunteer"] in wanted and one["volunteer"] in found["held"]
        }

    async def calls_since(
        self, volunteers: Collection[str], since: datetime
    ) -> dict[str, list[Call]]:
        """The calls of each of those who were called, be it again to the same call-out."""
        wanted = set(volunteers)
        query = {"asked": {"$in": list(wanted)}, "opened_at": {"$gt": since}}
        fields = dict.fromkeys((*_CALL, "earlier.called_at"), 1)
        calls: defaultdict[str, list[Call]] = defaultdict(list)
        async for found in self.collection.find(query, {"candidates": fields}, max_time_ms=5000):
            for one in found["candidates"]:
                if one["volunteer"] in wanted:
                    earlier = (Call(call["called_at"]) for call in one.get("earlier", ()))
                    calls[one["volunteer"]] += [*earlier, _call(one)]
        return calls

    async def searches(self, id: str) -> list[Found]:
        """The records of the call-out's searches that called somebody or found nobody, in order."""
        found = await self.collection.find_one({"_id": id}, {"searches": 1}, max_time_ms=5000)
        records = found.get("searches", ()) if found else ()
        return [Found.model_validate_json(record) for record in records]

    async def forget_searches(self, before: datetime) -> None:
        """Who was near and why they were called is kept for a time only."""
        query = {"opened_at": {"$lt": before}, "searches": {"$type": "string"}}
        await self.collection.update_many(query, {"$unset": {"searches": ""}})

    async def coarsen_searches(self) -> None:
        """Records of an older version say how far everybody was: rewritten as `record` does it."""
        exact = {"searches": {"$regex": '"seen_at":"'}}
        async for stored in self.collection.find(exact, {"searches": 1}):
            before: list[str] = stored["searches"]
            after = [record(Found.model_validate_json(one))["searches"] for one in before]
            same = {"_id": stored["_id"], "searches": before}
            await self.collection.update_one(same, {"$set": {"searches": after}})

    async def holding(self, volunteer: str) -> Callout | None:
        """The one that the volunteer is called to or coming to: the index of `held` allows one."""
        query = {"held": {"$eq": volunteer, "$type": "string"}}
        return next(iter(await self.find(query, limit=1)), None)

    async def of_report(self, report: str) -> list[Callout]:
        """One for each round that volunteers were called for."""
        return await self.find({"report": report})

    async def of_volunteer(self, volunteer: str, after: After | None, limit: int) -> list[Callout]:
        """Those that the volunteer was called to, newest first; `after` is where the page before
        ended."""
        return await self._page({"asked": volunteer}, after, limit)

    async def of_station(
        self, station: str, state: CalloutState | None, after: After | None, limit: int
    ) -> list[Callout]:
        return await self._page({"station": station, **_in_state(state)}, after, limit)

    async def in_areas(
        self, areas: Sequence[str], state: CalloutState | None, after: After | None, limit: int
    ) -> list[Callout]:
        """Within any of these areas."""
        return await self._page({"within": {"$in": list(areas)}, **_in_state(state)}, after, limit)

    async def _page(self, query: dict[str, Any], after: After | None, limit: int) -> list[Callout]:
        query |= behind("opened_at", after)
        return await self.find(query, sort=_BY_TIME, limit=limit)


def _call(candidate: dict[str, Any]) -> Call:
    """Who never came rests from nothing, as the events have it."""
    accepted_at = candidate.get("accepted_at")
    rests = accepted_at is not None and candidate["state"] != "missed"
    return Call(candidate["called_at"], accepted_at, candidate.get("ended_at") if rests else None)


def _in_state(state: CalloutState | None) -> dict[str, Any]:
    """Of any state: MongoDB merges the states' parts of the index, which are in order each."""
    states = values_of(CalloutState) if state is None else [state]
    return {"state": {"$in": list(states)}}


def _listed_by(field: str) -> IndexModel:
    """For lists of any state or of one: each reads what it answers and no more."""
    return IndexModel([(field, ASCENDING), ("state", ASCENDING), *_BY_TIME])


def _partial(field: str, type: str) -> dict[str, Any]:
    """An index of documents that have the field. It serves only queries that name the type."""
    return {"partialFilterExpression": {field: {"$type": type}}}


def record(found: Found) -> dict[str, str]:
    """To be attached to the change that calls those who were found. One text: nobody queries a part
    of it."""
    policy = POLICIES.of(found.selection.policy)
    return {"searches": coarse(found, policy).model_dump_json(exclude_defaults=True)}


def _due(now: datetime) -> dict[str, Any]:
    return {"due_at": {"$lte": now, "$type": "date"}}


class EndedReports:
    """Reports that need no volunteers any more, with the seq of the event that ended the need: a
    late message must not open a call-out."""

    def __init__(self, store: Store) -> None:
        self._ended = store.collection("ended_reports")

    async def mark(self, report: str, seq: int) -> None:
        try:
            await self._ended.update_one({"_id": report}, {"$max": {"seq": seq}}, upsert=True)
        except DuplicateKeyError:  # another replica was first; the larger counts
            await self._ended.update_one({"_id": report}, {"$max": {"seq": seq}})

    async def after(self, report: str, seq: int) -> bool:
        """Whether the report ended by an event later than this one."""
        found = await self._ended.find_one({"_id": report}, max_time_ms=5000)
        return found is not None and found["seq"] > seq
