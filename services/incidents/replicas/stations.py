"""Stations and the streets they serve, as registration last published them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pymongo import ASCENDING

from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.store import Document, Store
from contracts.events.registration import StationRegistered
from jinan.coordinates import Point

_KEPT = 5.0
"""Seconds for which the stations are kept in memory: how late another replica learns of a new one.
A report of its streets has no station then until its next round."""
_MAX_STATIONS = 5000
"""More are not loaded. Jinan has some two hundred."""


@dataclass(frozen=True)
class Station:
    """`door`: WGS-84 degrees."""

    id: str
    streets: tuple[str, ...]
    door: Point


@dataclass(frozen=True)
class _Known:
    """All stations. Of two that serve a street, the first by its id counts."""

    by_id: dict[str, Station] = field(default_factory=dict[str, Station])
    by_street: dict[str, Station] = field(default_factory=dict[str, Station])
    by_district: dict[str, dict[str, Station]] = field(
        default_factory=dict[str, dict[str, Station]]
    )
    until: float = 0.0
    """By the monotonic clock."""


class Stations:
    """Every report is located by its station, and stations change a few times a year: they are read
    from memory."""

    def __init__(self, store: Store, now: Callable[[], float] = time.monotonic) -> None:
        self._stations = Projection(store, "stations")
        self._now, self._known = now, _Known()
        self._loading: asyncio.Task[_Known] | None = None

    async def registered(self, event: StationRegistered, message: Message) -> None:
        await self._stations.keep(
            event.station,
            message.seq,
            streets=list(event.streets),
            longitude=event.longitude,
            latitude=event.latitude,
        )
        # What is being loaded may be from before: those who wait for it get it, nobody else.
        self._known, self._loading = _Known(), None

    async def get(self, id: str) -> Station | None:
        return (await self._all()).by_id.get(id)

    async def serving(self, street: str) -> Station | None:
        """The station that serves a street (9 digits)."""
        return (await self._all()).by_street.get(street)

    async def within(self, district: str) -> list[Station]:
        """Those that serve streets of a district (6 digits)."""
        return list((await self._all()).by_district.get(district, {}).values())

    async def _all(self) -> _Known:
        """Who comes while they are loaded shares the load, and its error."""
        if self._known.until > self._now():
            return self._known
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load())
        return await asyncio.shield(self._loading)  # one who gives up does not end it for others

    async def _load(self) -> _Known:
        found = self._stations.collection.find(
            {}, sort=[("_id", ASCENDING)], limit=_MAX_STATIONS, max_time_ms=5000
        )
        known = _known([_station(document) async for document in found], self._now() + _KEPT)
        if self._loading is asyncio.current_task():
            self._known = known
        return known


def _known(stations: list[Station], until: float) -> _Known:
    known = _Known(until=until)
    for station in stations:
        known.by_id[station.id] = station
        for street in station.streets:
            known.by_street.setdefault(street, station)
            known.by_district.setdefault(street[:6], {})[station.id] = station
    return known


def _station(document: Document) -> Station:
    door = Point(document["longitude"], document["latitude"])
    return Station(document["_id"], tuple(document["streets"]), door)
