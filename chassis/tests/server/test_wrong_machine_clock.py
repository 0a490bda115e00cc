"""A process on a machine whose clock is an hour off keeps to the store's clock."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.children import children
from chassis.tests.counter import Counter
from chassis.tests.load import LoadClient
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
TOLERANCE = 60.0
"""Seconds that a busy machine may take; far below an hour."""


@pytest.mark.usefixtures("publisher")
@pytest.mark.parametrize("offset", [-3600, pytest.param(3600, marks=pytest.mark.long)])
async def test_a_wrong_machine_clock_shows_in_no_event_and_delays_nothing(
    backend: Backend, store: Store, tmp_path: Path, offset: float
):
    port = free_ports().gateway
    variables = {
        "MONGO_URL": backend.mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": store.database.name,
        "FOLDER": str(tmp_path),
        "HTTP_PORT": str(port),
        "CLOCK_OFFSET": str(offset),
    }
    effects = Repository(store, "effects", Counter)
    with children("chassis.tests.service_child", tmp_path, variables, "wrong"):
        client = LoadClient(f"http://127.0.0.1:{port}")
        await eventually(client.ready, within=60)
        times = (await client.http.get("/api/v1/counters/time")).json()
        assert abs(times["machine"] - offset - time.time()) < TOLERANCE
        assert abs(times["domain"] - time.time()) < TOLERANCE
        leases = await store.collection("leases").find_one({"_id": "relay"})
        assert leases is not None
        (lease,) = leases["members"]
        assert abs((lease["until"] - datetime.now(UTC)).total_seconds()) < TOLERANCE
        assert await client.create() == 201
        (id,) = client.answers.acknowledged

        async def applied() -> bool:
            effect = await effects.get(id)
            return effect is not None and effect.total == 1

        await eventually(applied)
    work = [json.loads(line) for line in (tmp_path / "wrong.work").read_text().splitlines()]
    (at,) = [one["at"] for one in work if one["key"] == id]
    assert abs(at - time.time()) < TOLERANCE
