"""People on duty with where they are, for officers; and how many there are."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.clock import Clock
from chassis.domain import Refusal
from chassis.kafka.subscriptions import Message
from chassis.tasks.kept import Kept
from contracts.access import Principal
from contracts.events.registration import PersonErased
from jinan.areas import covers, district_of
from jinan.coordinates import Point
from services.dispatch.duty_map.domain import Box, PositionAccess, commands
from services.dispatch.duty_map.store import PositionAccesses
from services.dispatch.policy import POLICIES
from services.dispatch.position.store import Positions
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders

_COUNTS_KEPT = 5.0
"""Seconds for which all screens share one count."""


class OnMap(NamedTuple):
    """`seen_at`: when the phone last said that it is at `place`."""

    responder: Responder
    place: Point
    seen_at: datetime


class DutyMapHandlers:
    def __init__(
        self,
        responders: Responders,
        positions: Positions,
        stations: Stations,
        accesses: PositionAccesses,
        clock: Clock,
    ) -> None:
        self._responders, self._positions, self._stations = responders, positions, stations
        self._accesses, self._clock = accesses, clock

    async def page(
        self, who: Principal, area: str, inside: Box | None, after: str | None, limit: int
    ) -> tuple[list[OnMap], str | None]:
        """Of up to `limit` people on duty of the area's stations, by id, those whose place is known
        and lies inside; and the id to go on after, None at the end. Written down before it is
        answered. Raises Refusal for who is no officer of the area."""
        if not commands(who, area):
            raise Refusal("outside_area")
        stations = await self._stations.serving(area)
        found = await self._responders.on_duty_at(stations, after, limit + 1)
        following = found[limit - 1].id if len(found) > limit else None
        found = found[:limit]
        shown = await self._located(found, inside)
        now = self._clock.now()
        stretch = timedelta(seconds=POLICIES.at(now).position_access_s)
        seen = [one.responder.id for one in shown if one.responder.id != who.subject]
        await self._accesses.write(seen, who.subject, now, stretch)
        return shown, following

    async def _located(self, people: Sequence[Responder], inside: Box | None) -> list[OnMap]:
        ids = [one.id for one in people]
        places, seen = await asyncio.gather(self._positions.places(ids), self._positions.seen(ids))
        return [
            OnMap(one, places[one.id], seen[one.id])
            for one in people
            if one.id in places
            and one.id in seen
            and (inside is None or inside.holds(places[one.id]))
        ]

    async def accesses(
        self, who: Principal, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[PositionAccess]:
        """Looks at the person's own position."""
        return await self._accesses.of(who.subject, after, limit)

    async def forget_accesses(self) -> None:
        now = self._clock.now()
        await self._accesses.forget(now - timedelta(days=POLICIES.at(now).position_access_days))

    async def erase(self, event: PersonErased, message: Message) -> None:
        await self._accesses.erase(event.account)


class DutyCounts:
    """How many people are on duty, by the district of their station. Counted at most once in
    5 seconds for all who ask."""

    def __init__(self, responders: Responders, stations: Stations) -> None:
        self._responders, self._stations = responders, stations
        self._kept = Kept(self._count, _COUNTS_KEPT)

    async def within(self, area: str) -> dict[str, int]:
        """District (6 digits) -> people on duty; districts without anybody are left out."""
        counts = await self._kept.get()
        return {district: n for district, n in counts.items() if covers(area, district)}

    async def _count(self) -> Mapping[str, int]:
        districts = {
            station: district_of(streets[0])
            for station, streets in (await self._stations.all()).items()
            if streets
        }
        counts: dict[str, int] = {}
        for station, number in (await self._responders.count_by_station()).items():
            if district := districts.get(station):
                counts[district] = counts.get(district, 0) + number
        return dict(sorted(counts.items()))
