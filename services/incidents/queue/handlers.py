"""Queues: whose areas, and where in them."""

from chassis.identity.guards import Principal
from services.incidents.queue.store import Queue, QueueItem, QueueScope
from services.incidents.report.domain.access import visible_areas


class QueueHandlers:
    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def page(
        self,
        who: Principal,
        *,
        mine: bool,
        area: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[QueueItem]:
        """Of all areas that the person manages, or of the wanted one. Raises Refusal where they
        manage nothing of it."""
        areas = visible_areas(who, (area,) if area else None)
        person = who.subject if mine else None
        return await self._queue.page(QueueScope(*areas, person=person), after, limit)
