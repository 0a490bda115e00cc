"""Wake-ups between the processes of a service, on the real MongoDB."""

import asyncio
from contextlib import aclosing

import pytest

from chassis.mongo.store import Store

pytestmark = pytest.mark.servers


async def test_who_lags_behind_by_two_hundred_wakeups_still_gets_the_next(store: Store):
    """A busy service sends hundreds a second; its event loop may stand for half of one."""
    await store.wakeups.prepare()
    async with asyncio.timeout(20), aclosing(store.wakeups.listen()) as wakeups:
        await anext(wakeups)
        for share in range(200):
            await store.wakeups.notify({("counters", share)})
        async for wakeup in wakeups:
            if wakeup.get("shares") == [199]:
                return
    pytest.fail("the cursor was lost")
