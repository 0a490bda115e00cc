"""A process on a machine whose clock is an hour off lives by the store's clock, in what it tells
and what it does."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.children import children
from chassis.tests.counter import Counter
from chassis.tests.load import Asking
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
NEAR = 60.0
"""Seconds that a busy machine may take; an hour is far beyond."""


@pytest.mark.usefixtures("publisher")
@pytest.mark.parametrize("off", [-3600, pytest.param(3600, marks=pytest.mark.long)])
async def test_a_wrong_clock_is_seen_in_no_event_and_holds_nothing_up(
    backend: Backend, store: Store, tmp_path: Path, off: float
):
    port = free_ports().gateway
    variables = {
        "MONGO_URL": backend.mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": store.database.name,
        "FOLDER": str(tmp_path),
        "HTTP_PORT": str(port),
        "CLOCK_OFF": str(off),
    }
    effects = Repository(store, "effects", Counter)
    with children("chassis.tests.service_child", tmp_path, variables, "wrong"):
        asking = Asking(f"http://127.0.0.1:{port}")
        await eventually(asking.ready, within=60)
        told = (await asking.client.get("/api/v1/counters/time")).json()
        assert abs(told["machine"] - off - time.time()) < NEAR
        assert abs(told["domain"] - time.time()) < NEAR
        lease = await store.collection("leases").find_one({"_id": "relay"})
        assert lease is not None
        assert abs((lease["until"] - datetime.now(UTC)).total_seconds()) < NEAR
        assert await asking.ask() == 201
        (id,) = asking.answers.promised

        async def had_its_effect() -> bool:
            effect = await effects.get(id)
            return effect is not None and effect.total == 1

        await eventually(had_its_effect)
    work = [json.loads(line) for line in (tmp_path / "wrong.work").read_text().splitlines()]
    (at,) = [one["at"] for one in work if one["key"] == id]
    assert abs(at - time.time()) < NEAR
