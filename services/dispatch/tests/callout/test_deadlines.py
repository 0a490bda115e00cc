"""Timed steps of call-outs, on the real servers."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from chassis.service import Service
from services.dispatch.callout.deadlines import Deadlines
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts
from services.dispatch.replicas.store import Squads
from services.dispatch.tests.town import Town, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


@pytest.fixture
async def slow(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: nothing lapses within the test by itself."""
    async with town(backend, rate=1) as place:
        yield place


def deadlines_of(service: Service) -> Deadlines:
    handlers = service.app.state.provided[CalloutHandlers]
    store = service.store
    return Deadlines(Callouts(store), handlers, Squads(store), service.clock)


async def test_replicas_that_take_the_same_steps_at_once_take_each_once(slow: Town):
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(8)]
    report = await slow.routed("late", people_needed=2)
    (wave,) = await slow.published("WaveCalled", report)
    first = [one["volunteer"] for one in wave["called"]]
    over = slow.service.clock.now() - timedelta(seconds=1)
    callouts = Callouts(slow.service.store)
    await callouts.collection.update_one(
        {"_id": wave["callout"]}, {"$set": {"candidates.$[].expires_at": over, "due_at": over}}
    )
    others = [slow.replica() for _ in range(2)]
    await asyncio.gather(*(deadlines_of(each).run_due() for each in (slow.service, *others)))
    callout = await callouts.require(wave["callout"])
    assert {c.state for c in callout.candidates if c.volunteer in first} == {"timed_out"}
    numbers = [one.number for one in callout.waves]
    assert numbers == [*range(1, len(numbers) + 1)]
    called = [volunteer for one in callout.waves for volunteer in one.called]
    assert len(called) == len(set(called))
    assert set(called) <= set(people)
    assert len(await callouts.searches(callout.id)) == len(callout.waves)
    (lapsed,) = await slow.published("WaveLapsed", report)
    assert set(lapsed["volunteers"]) == set(first)
    await asyncio.gather(*(each.store.close() for each in others))


async def set_due(place: Town, callout: str, **fields: object) -> Callouts:
    callouts = Callouts(place.service.store)
    await callouts.collection.update_one({"_id": callout}, {"$set": fields})
    return callouts


async def test_a_step_that_is_not_due_after_all_is_put_off(slow: Town):
    """A new version of the policy has longer times than the one that `due_at` was decided under."""
    await slow.volunteer("early", 10)
    report = await slow.routed("early", people_needed=1)
    (wave,) = await slow.published("WaveCalled", report)
    past = slow.service.clock.now() - timedelta(seconds=1)
    callouts = await set_due(slow, wave["callout"], due_at=past)
    following = await deadlines_of(slow.service).run_due()
    assert following is not None
    assert following > slow.service.clock.now(), "else it runs again at once, for ever"
    assert (await callouts.require(wave["callout"])).due_at == following


async def test_many_rows_that_nobody_knows_hold_up_no_call_out(slow: Town):
    """More than are read at a time, and due before it."""
    await slow.volunteer("behind", 10)
    report = await slow.routed("behind", people_needed=1)
    (wave,) = await slow.published("WaveCalled", report)
    past = slow.service.clock.now() - timedelta(seconds=1)
    callouts = Callouts(slow.service.store)
    unknown = [
        {"_id": f"cal_{slow.mark}_{n}", "due_at": past - timedelta(hours=1)} for n in range(250)
    ]
    await callouts.collection.insert_many(unknown)
    try:
        await set_due(slow, wave["callout"], due_at=past)
        following = await deadlines_of(slow.service).run_due()
        assert following is not None
        assert following > slow.service.clock.now(), "those that failed rest"
        moved = (await callouts.require(wave["callout"])).due_at
        assert moved is not None
        assert moved > past
    finally:
        await callouts.collection.delete_many({"_id": {"$in": [one["_id"] for one in unknown]}})


async def test_a_call_out_from_before_these_limits_gets_them(slow: Town):
    volunteer = await slow.volunteer("old", 10)
    report = await slow.routed("old", people_needed=1)
    (wave,) = await slow.published("WaveCalled", report)
    assert (await slow.post(f"callouts/{wave['callout']}/accept", volunteer)).status_code == 200
    callouts = await set_due(slow, wave["callout"], due_at=None)
    deadlines = deadlines_of(slow.service)
    await deadlines.adopt()
    await deadlines.run_due()
    assert (await callouts.require(wave["callout"])).due_at is not None
