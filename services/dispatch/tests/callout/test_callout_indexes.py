"""A database that an earlier build used: its indexes do not keep the service from starting."""

import secrets

import pytest

from chassis.clock import Clock
from chassis.mongo.store import Store
from services.dispatch.callout.store import Callouts
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


async def test_lists_with_other_indexes_than_before(backend: Backend) -> None:
    store = Store(backend.mongo_url, f"indexes_{secrets.token_hex(3)}", Clock())
    try:
        before = [("station", 1), ("opened_at", -1), ("_id", -1)]
        await store.database["callouts"].create_index(before, name="by_station")
        Callouts(store)
        await store.prepare()
    finally:
        await store.client.drop_database(store.database.name)
        await store.close()
