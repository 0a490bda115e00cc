"""Checks of hours in MongoDB: one document for each stretch of work whose end is not known."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel

from chassis.mongo.paging import behind
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.dispatch.hours_check.domain import CheckState, HoursCheck

After = tuple[datetime, str]
"""Where the page before ended: `since` and id of its last check."""
_BY_TIME = [("since", ASCENDING), ("_id", ASCENDING)]


class HoursChecks(Repository[HoursCheck]):
    def __init__(self, store: Store) -> None:
        super().__init__(
            store,
            "hours_checks",
            HoursCheck,
            IndexModel([("within", ASCENDING), ("state", ASCENDING), *_BY_TIME], name="by_area"),
            IndexModel([("volunteer", ASCENDING), *_BY_TIME], name="by_volunteer"),
        )

    async def in_areas(
        self, areas: Sequence[str], state: CheckState, after: After | None, limit: int
    ) -> list[HoursCheck]:
        """Within any of these areas, the oldest first."""
        return await self._page({"within": {"$in": list(areas)}, "state": state}, after, limit)

    async def of_volunteer(
        self, volunteer: str, after: After | None, limit: int
    ) -> list[HoursCheck]:
        """The oldest first."""
        return await self._page({"volunteer": volunteer}, after, limit)

    async def _page(
        self, query: dict[str, Any], after: After | None, limit: int
    ) -> list[HoursCheck]:
        query |= behind("since", after, order="ascending")
        return await self.find(query, sort=_BY_TIME, limit=limit)
