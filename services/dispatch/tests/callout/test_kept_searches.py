"""Records of searches from an older version, in MongoDB: made coarse, and then forgotten."""

import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.mongo.store import Store
from services.dispatch.callout.store import Callouts
from services.dispatch.selection.domain.explanation import explain
from services.dispatch.tests.calls import NOW, opened
from services.dispatch.tests.selection.test_kept import search
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


@pytest.fixture
async def callouts(backend: Backend) -> AsyncGenerator[Callouts]:
    store = Store(backend.mongo_url, f"searches_{secrets.token_hex(4)}", Clock())
    made = Callouts(store)
    await store.prepare()
    yield made
    await store.client.drop_database(store.database.name)
    await store.close()


async def _stored_before(callouts: Callouts) -> str:
    """With how far everybody was, to the metre, and when that was seen."""
    callout = opened()
    exact = {"searches": search().model_dump_json()}
    await callouts.add(callout, [], Cause("opened"), exact)
    stored = await _text(callouts, callout.id)
    assert "637" in stored
    assert '"seen_at":"' in stored
    return callout.id


async def _text(callouts: Callouts, id: str) -> str:
    return str(await callouts.collection.find_one({"_id": id}))


async def test_who_was_only_looked_at_is_kept_within_a_ring(callouts: Callouts):
    id = await _stored_before(callouts)
    for _ in range(2):
        await callouts.coarsen_searches()
        stored = await _text(callouts, id)
        for exact in ("637", "11.4", '"seen_at":"'):
            assert exact not in stored
    kept = explain(await callouts.searches(id))
    near, called = kept["near"], kept["a"]
    assert (near.distance_m, near.score, near.reason) == (1000, None, "others_first")
    assert (called.reason, called.score) == ("called", 2.0)


async def test_a_search_that_was_added_meanwhile_is_not_lost(callouts: Callouts):
    id = await _stored_before(callouts)
    await callouts.coarsen_searches()
    exact = {"searches": search().model_dump_json()}
    await callouts.collection.update_one({"_id": id}, {"$push": exact})
    await callouts.coarsen_searches()
    assert len(await callouts.searches(id)) == 2
    assert "637" not in await _text(callouts, id)


async def test_it_expires_and_the_call_out_stays(callouts: Callouts):
    id = await _stored_before(callouts)
    await callouts.forget_searches(NOW - timedelta(days=1))
    assert len(await callouts.searches(id)) == 1, "not before its time"
    await callouts.forget_searches(NOW + timedelta(days=1))
    assert await callouts.searches(id) == []
    assert "near" not in await _text(callouts, id)
    assert (await callouts.require(id)).report == opened().report
