"""incidents on the real servers, with tokens of the tests' own."""

import asyncio
import secrets
from collections.abc import AsyncGenerator

import httpx
import pytest
from joserfc.jwk import KeySet

from contracts.access import Grant
from contracts.events.registration import GrantsChanged, StationRegistered
from deploy.local.ports import HOST, free_ports
from services.incidents.main import build
from services.incidents.settings import IncidentsSettings
from services.incidents.tests.running import KEY, Incidents
from tests.support.backend import Backend
from tests.support.waiting import eventually


@pytest.fixture(scope="session")
async def incidents(backend: Backend) -> AsyncGenerator[Incidents]:
    """With a database and a consumer group of its own; the demonstration's station is known."""
    port = free_ports().incidents
    settings = IncidentsSettings(
        http_port=port,
        mongo_url=backend.mongo_url,
        kafka_bootstrap=backend.kafka_bootstrap,
        watchdog_seconds=3600,  # its loop only turns while a test awaits
        field_key=secrets.token_hex(32),
        unlimited_networks=f"{HOST}/32",
    )
    service = build(settings, f"incidents_test_{secrets.token_hex(3)}")
    service.verify_with(KeySet([KEY]))
    running = Incidents(service, port, backend.kafka_bootstrap, settings.field_key)
    task = asyncio.create_task(running.server.serve())

    async def ready() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{running.url}/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

    async def known() -> bool:
        database = service.store.database
        return bool(
            await database["stations"].find_one({"_id": "sta_duandian"})
            and await database["committee_staff"].find_one({"_id": "acc_committee"})
        )

    await eventually(ready, within=60)
    await _publish_station(running)
    await eventually(known)
    try:
        yield running
    finally:
        running.server.should_exit = True
        await task


async def _publish_station(running: Incidents) -> None:
    """The station, and somebody of the committees of its street."""
    station = StationRegistered(
        station="sta_duandian", streets=("370104009",), longitude=116.941, latitude=36.667
    )
    await running.publish(station, station.station)
    staff = (Grant(role="committee", area="370104009"),)
    await running.publish(GrantsChanged(account="acc_committee", grants=staff), "acc_committee")
