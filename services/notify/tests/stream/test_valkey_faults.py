"""Valkey paused and killed: inboxes go on, and open streams lose nothing."""

import signal

import pytest

from services.notify.tests.conftest import Notify
from services.notify.tests.topics import called
from tests.support.backend import Backend

pytestmark = [pytest.mark.servers, pytest.mark.faults]


async def test_while_valkey_is_paused_the_inbox_goes_on_and_the_stream_hears_it_later(
    notify: Notify, backend: Backend
):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.stream(person) as stream:
        await notify.publish(called(person, callout), callout)
        assert await stream.next() is not None
        backend.kill("valkey", signal.SIGSTOP)
        try:
            await notify.publish(called(person, callout), callout)
            newest, _ = await notify.inbox_of(person, 2)
        finally:
            backend.kill("valkey", signal.SIGCONT)
        received = await stream.next()
        assert received is not None
        assert received.message["id"] == newest["id"]


async def test_a_stream_outlives_a_valkey_that_was_killed(notify: Notify, backend: Backend):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.stream(person) as stream:
        await notify.publish(called(person, callout), callout)
        assert await stream.next() is not None
        backend.kill("valkey")
        sent = 4
        for _ in range(sent):
            await notify.publish(called(person, callout), callout)
        backend.wait_ready("valkey")
        assert len(set(await stream.messages(sent))) == sent
    kept = await notify.inbox_of(person, sent + 1)
    assert len(kept) == sent + 1
