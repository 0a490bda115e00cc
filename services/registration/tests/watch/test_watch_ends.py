"""Watches lapse at their time, without a store being asked meanwhile."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.identity.guards import Principal
from chassis.mongo.store import Store
from contracts.access import Grant
from services.registration.account.store import Accounts, keys_of_people
from services.registration.policy import POLICIES
from services.registration.tests.watch.test_watch import account
from services.registration.watch.domain import Watch
from services.registration.watch.handlers import WatchHandlers
from services.registration.watch.store import Watches
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
STREET, OTHER_STREET = "370104001", "370104002"
START = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
WATCH_S = POLICIES.at(START).watch.total_seconds()


@pytest.fixture
async def store(backend: Backend) -> AsyncGenerator[Store]:
    """An empty database, on a clock by which a watch takes two seconds."""
    clock = Clock(f"{START.isoformat()}@{WATCH_S / 2}@{time.time()}")
    opened = Store(backend.mongo_url, f"watches_{secrets.token_hex(4)}", clock)
    await opened.prepare()
    yield opened
    await opened.client.drop_database(opened.database.name)
    await opened.close()


def accounts_in(store: Store) -> Accounts:
    return Accounts(store, keys_of_people(store, "11" * 32))


def officer() -> Principal:
    grants = (Grant(role="officer", area="370104"),)
    return Principal(subject="acc_1", session="ses_1", grants=grants, until=2**40)


async def test_a_watch_that_was_taken_lapses_at_its_end(store: Store) -> None:
    watches, accounts = Watches(store), accounts_in(store)
    await accounts.add(account("acc_1", area="370104"), (), Cause("sign up"))
    handlers = WatchHandlers(watches, accounts, store.clock)
    running = asyncio.create_task(handlers.schedule.run("watches", handlers.lapse_due, poll=300))
    taken = await handlers.take(officer(), STREET, Cause("take"))
    lapsed = await eventually(
        lambda: watches.get(taken.id), lambda watch: watch and watch.state == "lapsed"
    )
    assert lapsed is not None
    assert lapsed.until == taken.until
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_what_lapses_says_when_the_next_one_does(store: Store) -> None:
    watches, now = Watches(store), store.clock.now()
    handlers = WatchHandlers(watches, accounts_in(store), store.clock)
    assert await handlers.lapse_due() is None
    ends = {STREET: now - timedelta(hours=1), OTHER_STREET: now + timedelta(days=30)}
    for area, until in ends.items():
        held = Watch(id=f"wat_{area}", area=area, by="acc_1", until=until)
        await watches.add(held, [], Cause(area))
    assert await handlers.lapse_due() == ends[OTHER_STREET]
    assert (await watches.require(f"wat_{STREET}")).state == "lapsed"
    assert (await watches.require(f"wat_{OTHER_STREET}")).state == "held"


async def test_many_that_cannot_lapse_hold_up_no_other(store: Store) -> None:
    watches, now = Watches(store), store.clock.now()
    handlers = WatchHandlers(watches, accounts_in(store), store.clock)
    for n in range(3):
        until = now - timedelta(hours=1)
        await watches.add(
            Watch(id=f"wat_{n}", area=f"37010400{n}", by="acc_1", until=until), [], Cause(f"{n}")
        )
    earlier = now - timedelta(hours=2)
    unknown = [{"_id": f"wat_bad_{n}", "by": "acc_1", "until": earlier} for n in range(200)]
    await watches.collection.insert_many(unknown)
    again = await handlers.lapse_due()
    assert again is not None
    assert store.clock.seconds((again - store.clock.now()).total_seconds()) <= 1.0
    assert {(await watches.require(f"wat_{n}")).state for n in range(3)} == {"lapsed"}
