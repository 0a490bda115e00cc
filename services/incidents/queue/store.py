"""Queues, read from the reports by an index each that ends in what is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pymongo import ASCENDING, IndexModel

from chassis.mongo.paging import behind
from chassis.mongo.store import Document, Store
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.turns import Turn
from services.incidents.report.store import Reports, area_parts

Desk = Literal["station", "committee"]
_MAX_AREAS = 200
"""Of one query: MongoDB merges so many scans of an index in order, and sorts the rest."""


@dataclass(frozen=True)
class QueueScope:
    """Reports within any of the areas: all that wait, or what waits for the committee. `person`:
    only what this officer is asked by name, or has acknowledged."""

    areas: tuple[str, ...] = ()
    committee_areas: tuple[str, ...] = ()
    person: str | None = None


@dataclass(frozen=True)
class QueueItem:
    report: Report
    turn: Turn


class Queue:
    def __init__(self, store: Store, reports: Reports) -> None:
        self._reports = reports
        store.collection(
            reports.name,
            _index("queue", "station", "within"),
            _index("committee_queue", "committee", "within"),
            _index("own_queue", "station", "turns.station.person"),
        )

    async def page(
        self, scope: QueueScope, after: tuple[str, str] | None, limit: int
    ) -> list[QueueItem]:
        """At most `limit` items, the most urgent first, behind the one at (order, id)."""
        found: dict[str, QueueItem] = {}
        for desk, query in _queries(scope, after):
            sort = [(f"turns.{desk}.order", ASCENDING), ("_id", ASCENDING)]
            for report in await self._reports.find(query, sort=sort, limit=limit):
                turn: Turn | None = getattr(report.turns, desk)
                if turn is not None:
                    found.setdefault(report.id, QueueItem(report, turn))
        ordered = sorted(found.values(), key=lambda item: (item.turn.order, item.report.id))
        return ordered[:limit]


def _index(name: str, desk: Desk, first: str) -> IndexModel:
    """Of those alone that wait: closed reports grow in number for ever."""
    order = f"turns.{desk}.order"
    return IndexModel(
        [(first, ASCENDING), (order, ASCENDING), ("_id", ASCENDING)],
        name=name,
        partialFilterExpression={order: {"$gt": ""}},
    )


def _queries(scope: QueueScope, after: tuple[str, str] | None) -> list[tuple[Desk, Document]]:
    def waiting(desk: Desk, areas: Sequence[str]) -> Document:
        order = f"turns.{desk}.order"
        return {"within": {"$in": list(areas)}, order: {"$gt": ""}} | behind(
            order, after, order="ascending"
        )

    if scope.person is not None:
        own = {"turns.station.person": scope.person}
        return [("station", waiting("station", scope.areas) | own)]
    queries: list[tuple[Desk, Document]] = [
        ("station", waiting("station", some)) for some in area_parts(scope.areas, _MAX_AREAS)
    ]
    # What somebody answers for as an officer is not listed once more for the committee.
    others: Document = {"within": {"$nin": list(scope.areas)}} if scope.areas else {}
    for some in area_parts(scope.committee_areas, _MAX_AREAS):
        queries.append(("committee", {"$and": [waiting("committee", some), others]}))
    return queries
