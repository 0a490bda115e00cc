"""Where reports are kept, and the queries that lists, follow-ups and deadlines need, each with its
index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from contracts.vocabulary import Category, Route
from services.incidents.page import cursor_of, read_cursor
from services.incidents.report.domain import Report, State
from services.incidents.report.routing import POLICE_ONLY

_NEWEST = [("filed_at", DESCENDING), ("_id", DESCENDING)]


@dataclass(frozen=True)
class Wanted:
    """Which reports: of a reporter, or within areas (any of them); what is None is not asked
    for."""

    reporter: str | None = None
    areas: tuple[str, ...] = ()
    not_police_in: tuple[str, ...] = ()
    """Areas whose police matters are not for the reader."""
    station: str | None = None
    state: State | None = None
    route: Route | None = None
    category: Category | None = None
    triage: bool | None = None


class Reports(Repository[Report]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "reports",
            Report,
            IndexModel([("number", ASCENDING)], unique=True),
            IndexModel([("reporter", ASCENDING), *_NEWEST]),
            IndexModel([("within", ASCENDING), *_NEWEST]),
            IndexModel([("station", ASCENDING), *_NEWEST]),
            IndexModel(
                [("due_at", ASCENDING)], partialFilterExpression={"due_at": {"$type": "date"}}
            ),
        )

    async def by_number(self, number: str) -> Report | None:
        found = await self.find({"number": number}, limit=1)
        return found[0] if found else None

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Ids of reports whose time has come, the longest overdue first."""
        cursor = self.collection.find(_due(now), {"_id": 1}, limit=limit, max_time_ms=5000)
        return [document["_id"] async for document in cursor.sort("due_at", ASCENDING)]

    async def page(
        self, wanted: Wanted, cursor: str | None, limit: int
    ) -> tuple[list[Report], str | None]:
        """Newest first, and the cursor of what follows, if anything does. Raises Refusal for a
        cursor of no page."""
        query = _query(wanted)
        if cursor is not None:
            at, id = read_cursor(cursor)
            query.append({"$or": [{"filed_at": {"$lt": at}}, {"filed_at": at, "_id": {"$lt": id}}]})
        found = await self.find({"$and": query} if query else {}, sort=_NEWEST, limit=limit + 1)
        shown = found[:limit]
        return shown, cursor_of(shown[-1].filed_at, shown[-1].id) if len(found) > limit else None


def _due(now: datetime) -> dict[str, Any]:
    """With the type, though it goes without saying: the partial index serves no query that does not
    name it."""
    return {"due_at": {"$lte": now, "$type": "date"}}


def _query(wanted: Wanted) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if wanted.reporter is not None:
        parts.append({"reporter": wanted.reporter})
    else:
        parts.append({"$or": list(_reach(wanted))})
    named: Sequence[tuple[str, Any]] = (
        ("station", wanted.station),
        ("state", wanted.state),
        ("route", wanted.route),
        ("category", wanted.category),
        ("triage", wanted.triage),
    )
    parts += [{field: value} for field, value in named if value is not None]
    return parts


def _reach(wanted: Wanted) -> Sequence[dict[str, Any]]:
    reach: list[dict[str, Any]] = [{"within": {"$in": list(wanted.areas)}}]
    if wanted.not_police_in:
        committees = [
            {"route": "committee"},
            {"route": {"$ne": "police"}, "category": {"$nin": sorted(POLICE_ONLY)}},
        ]
        reach.append(
            {"within": {"$in": list(wanted.not_police_in)}, "$or": committees}
        )  # as access.is_committees
    return reach
