"""The log book: writing and reading entries."""

from dataclasses import dataclass
from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.identity.guards import Principal
from services.incidents.logbook.domain import LogEntry, LogKind, readable_areas
from services.incidents.logbook.store import LogEntries
from services.incidents.place.handlers import PlaceHandlers


@dataclass(frozen=True)
class NewLogEntry:
    """`minutes`: how long it took."""

    kind: LogKind
    text: str
    community: str
    minutes: int | None


class LogbookHandlers:
    def __init__(self, entries: LogEntries, places: PlaceHandlers, clock: Clock) -> None:
        self._entries, self._places, self._clock = entries, places, clock

    async def write(self, new: NewLogEntry, who: Principal, cause: Cause) -> LogEntry:
        self._places.check_community(new.community)
        entry = LogEntry(
            id=cause.derive("log"),
            volunteer=who.subject,
            squad=next((grant.squad for grant in who.grants if grant.squad), None),
            station=await self._places.station_of(new.community),
            at=self._clock.now(),
            **vars(new),
        )
        return await self._entries.add(entry, [], cause)

    async def newest(
        self,
        who: Principal,
        *,
        mine: bool,
        area: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[LogEntry]:
        """Newest first. Raises Refusal for an area that the person may not read."""
        areas = readable_areas(who, area, mine=mine)
        return await self._entries.newest(who.subject, areas, after, limit)
