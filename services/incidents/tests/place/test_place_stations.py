"""Stations are read from memory, and a new one is known at once where its event arrived."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from chassis.clock import Clock
from chassis.kafka.subscriptions import Message
from chassis.mongo.store import Store
from contracts.events.registration import StationRegistered
from services.incidents.replicas.stations import Stations
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def store(backend: Backend) -> AsyncGenerator[Store]:
    opened = Store(backend.mongo_url, f"stations_test_{secrets.token_hex(3)}", Clock())
    yield opened
    await opened.client.drop_database(opened.database.name)
    await opened.close()


async def register(stations: Stations, id: str, *streets: str, seq: int = 1) -> None:
    event = StationRegistered(station=id, streets=streets, longitude=116.9, latitude=36.6)
    await stations.registered(event, Message(f"{id}/{seq}", id, seq, datetime.now(UTC)))


async def test_a_registered_station_is_known_at_once(store: Store) -> None:
    stations = Stations(store)
    assert await stations.serving("370104009") is None
    await register(stations, "sta_b", "370104009", "370104010")
    await register(stations, "sta_a", "370104010", "370105001")
    found = [await stations.serving(f"3701040{n}") for n in ("09", "10", "11")]
    assert [s and s.id for s in found] == ["sta_b", "sta_a", None]
    assert {s.id for s in await stations.within("370104")} == {"sta_a", "sta_b"}
    assert [s.id for s in await stations.within("370105")] == ["sta_a"]
    await register(stations, "sta_b", "370104011", seq=2)
    assert await stations.serving("370104009") is None
    known = await stations.get("sta_b")
    assert known is not None
    assert known.streets == ("370104011",)


async def test_another_replicas_station_is_known_after_five_seconds(store: Store) -> None:
    time = Time()
    here, there = Stations(store, time), Stations(store)
    assert await here.get("sta_a") is None
    await register(there, "sta_a", "370104009")
    time.now += 5.0
    assert await here.get("sta_a") is not None


async def _reads(store: Store) -> int:
    """Of the collection so far, this one included."""
    stages = [{"$collStats": {"latencyStats": {}}}]
    found = await store.database["stations"].aggregate(stages)
    return (await found.to_list(1))[0]["latencyStats"]["reads"]["ops"]


async def test_many_reports_cost_one_read(store: Store) -> None:
    stations = Stations(store)
    await register(stations, "sta_a", "370104009")
    before = await _reads(store)
    await asyncio.gather(*(stations.serving("370104009") for _ in range(50)))
    await stations.within("370104")
    assert await _reads(store) - before <= 2
