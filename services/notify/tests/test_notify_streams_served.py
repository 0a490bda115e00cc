"""Open streams on real servers: from an event on a topic to the phone, whatever breaks in
between."""

import asyncio
import time

import httpx
import pytest
from redis.asyncio import Redis

from contracts.events.incidents import ReportResolved
from contracts.events.registration import SessionRevoked
from services.notify.tests.conftest import Notify, running
from services.notify.tests.told import called
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


async def test_an_alert_reaches_the_open_stream_and_the_inbox_once(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.line(person) as line:
        began = time.perf_counter()
        await notify.publish(called(person, callout), callout, seq=1)
        heard = await line.next()
        took = time.perf_counter() - began
        assert heard is not None
        assert heard.kind == "alert"
        assert heard.message["callout"] == callout
        assert heard.id
        assert took < 2
        for _ in range(3):  # the broker or the relay may repeat itself
            await notify.publish(called(person, callout), callout, seq=1)
        await notify.publish(called(person, callout), callout, seq=2)
        again = await line.next()
        assert again is not None
        assert again.message["id"] != heard.message["id"]
    kept = await notify.inbox(person)
    assert [message["id"] for message in kept] == [again.message["id"], heard.message["id"]]


async def test_a_stream_that_comes_back_has_missed_nothing(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.line(person) as line:
        await notify.publish(called(person, callout), callout)
        first = await line.next()
        assert first is not None
        place = line.last
    for _ in range(5):
        await notify.publish(called(person, callout), callout)
    kept = await notify.inbox_of(person, 6)
    async with notify.line(person, last=place) as line:
        await notify.publish(called(person, callout), callout)
        heard = await line.messages(6)
    assert len(set(heard)) == 6
    assert set(heard[:5]) == {message["id"] for message in kept} - {first.message["id"]}


async def test_a_stream_that_was_open_but_silent_misses_nothing_either(notify: Notify):
    person = notify.new("acc")
    async with notify.line(person) as line:
        with pytest.raises(TimeoutError):
            await line.next(within=0.5)
        place = line.last
    assert place == "0-0"
    filed = ReportResolved.model_validate(ReportResolved.example | {"reporter": person})
    await notify.publish(filed, notify.new("rep"))
    await notify.inbox_of(person, 1)
    async with notify.line(person, last=place) as line:
        heard = await line.next()
        assert heard is not None
        assert heard.kind == "outcome"


async def test_when_redis_has_lost_everything_the_unread_inbox_comes_again(
    notify: Notify, backend: Backend
):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.line(person) as line:
        await notify.publish(called(person, callout), callout)
        assert await line.next() is not None
        place = line.last
    await notify.publish(called(person, callout), callout)
    await notify.inbox_of(person, 2)
    async with Redis.from_url(backend.redis_url.removesuffix("/0") + "/5") as redis:
        await redis.flushdb()
    async with notify.line(person, last=place) as line:
        assert len(set(await line.messages(2))) == 2


async def test_a_lost_channel_is_found_again_and_open_streams_catch_up(
    notify: Notify, backend: Backend
):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.line(person) as line, Redis.from_url(backend.redis_url) as redis:
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        for _ in range(3):
            await notify.publish(called(person, callout), callout)
        assert len(set(await line.messages(3))) == 3


async def test_a_stream_needs_a_token_which_may_stand_in_its_address(notify: Notify):
    async with httpx.AsyncClient(base_url=notify.url) as client:
        assert (await client.get("/api/v1/stream")).status_code == 401
        assert (
            await client.get("/api/v1/stream", params={"access_token": "a.b.c"})
        ).status_code == 401
        assert (
            await client.get("/api/v1/inbox", params={"access_token": "a.b.c"})
        ).status_code == 401


async def test_a_stream_ends_with_its_token_and_with_its_session(notify: Notify):
    person, session = notify.new("acc"), notify.new("ses")
    async with notify.line(person, lasts=1) as line:
        assert await line.next() is None
    async with notify.line(person, session=session) as line, notify.line(person) as kept:
        await notify.publish(
            SessionRevoked(account=person, session=session, reason="signed_out"), person
        )
        assert await line.next() is None
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
        assert await kept.next() is not None


async def test_a_stop_ends_open_streams_at_once(backend: Backend):
    async with (
        running(backend, "notify_test_stop") as served,
        served.line(served.new("acc")) as line,
    ):
        began = time.monotonic()
        served.server.should_exit = True
        assert await line.next() is None
        assert time.monotonic() - began < 2


async def test_a_wave_is_told_side_by_side(notify: Notify):
    callout, people = notify.new("cal"), [notify.new("acc") for _ in range(12)]

    async def alert(person: str) -> float:
        async with notify.line(person) as line:
            ready.release()
            assert await line.next() is not None
            return time.perf_counter()

    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(alert(person)) for person in people]
    for _ in people:
        await ready.acquire()
    began = time.perf_counter()
    for person in people:
        await notify.publish(called(person, callout), callout)
    assert max(await asyncio.gather(*tasks)) - began < 3
