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
from services.notify.tests.topics import called
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


async def test_an_alert_reaches_the_open_stream_and_the_inbox_once(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.stream(person) as stream:
        began = time.perf_counter()
        await notify.publish(called(person, callout), callout, seq=1)
        received = await stream.next()
        took = time.perf_counter() - began
        assert received is not None
        assert received.kind == "alert"
        assert received.message["callout"] == callout
        assert received.id
        assert took < 2
        for _ in range(3):  # the broker or the relay may repeat itself
            await notify.publish(called(person, callout), callout, seq=1)
        await notify.publish(called(person, callout), callout, seq=2)
        again = await stream.next()
        assert again is not None
        assert again.message["id"] != received.message["id"]
    kept = await notify.inbox(person)
    assert [message["id"] for message in kept] == [again.message["id"], received.message["id"]]


async def test_a_stream_that_comes_back_has_missed_nothing(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.stream(person) as stream:
        await notify.publish(called(person, callout), callout)
        first = await stream.next()
        assert first is not None
        place = stream.last
    for _ in range(5):
        await notify.publish(called(person, callout), callout)
    kept = await notify.inbox_of(person, 6)
    async with notify.stream(person, last=place) as stream:
        await notify.publish(called(person, callout), callout)
        received = await stream.messages(6)
    assert len(set(received)) == 6
    assert set(received[:5]) == {message["id"] for message in kept} - {first.message["id"]}


async def test_a_stream_that_was_open_but_silent_misses_nothing_either(notify: Notify):
    person = notify.new("acc")
    async with notify.stream(person) as stream:
        with pytest.raises(TimeoutError):
            await stream.next(within=0.5)
        place = stream.last
    assert place == "0-0"
    filed = ReportResolved.model_validate(ReportResolved.example | {"reporter": person})
    await notify.publish(filed, notify.new("rep"))
    await notify.inbox_of(person, 1)
    async with notify.stream(person, last=place) as stream:
        received = await stream.next()
        assert received is not None
        assert received.kind == "outcome"


async def test_when_valkey_has_lost_everything_the_unread_inbox_comes_again(
    notify: Notify, backend: Backend
):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.stream(person) as stream:
        await notify.publish(called(person, callout), callout)
        assert await stream.next() is not None
        place = stream.last
    await notify.publish(called(person, callout), callout)
    await notify.inbox_of(person, 2)
    async with Redis.from_url(backend.redis_url.removesuffix("/0") + "/5") as redis:
        await redis.flushdb()
    async with notify.stream(person, last=place) as stream:
        assert len(set(await stream.messages(2))) == 2


async def test_a_lost_channel_is_found_again_and_open_streams_catch_up(
    notify: Notify, backend: Backend
):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.stream(person) as stream, Redis.from_url(backend.redis_url) as redis:
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        for _ in range(3):
            await notify.publish(called(person, callout), callout)
        assert len(set(await stream.messages(3))) == 3


async def test_a_stream_needs_a_token_in_its_header(notify: Notify):
    """The gateway moves one from the address to the header before anybody sees it."""
    async with httpx.AsyncClient(base_url=notify.url) as client:
        assert (await client.get("/api/v1/stream")).status_code == 401
        bad = {"Authorization": "Bearer a.b.c"}
        assert (await client.get("/api/v1/stream", headers=bad)).status_code == 401
        for path in ("stream", "inbox"):
            refused = await client.get(f"/api/v1/{path}", params={"access_token": "a.b.c"})
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == "query.access_token"
            assert "a.b.c" not in refused.text


async def test_a_stream_ends_with_its_token_and_with_its_session(notify: Notify):
    person, session = notify.new("acc"), notify.new("ses")
    async with notify.stream(person, lasts=1) as stream:
        assert await stream.next() is None
    async with notify.stream(person, session=session) as stream, notify.stream(person) as kept:
        await notify.publish(
            SessionRevoked(account=person, session=session, reason="signed_out"), person
        )
        assert await stream.next() is None
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
        assert await kept.next() is not None


async def test_a_stop_ends_open_streams_at_once(backend: Backend):
    async with (
        running(backend, "notify_test_stop") as served,
        served.stream(served.new("acc")) as stream,
    ):
        began = time.monotonic()
        served.server.should_exit = True
        assert await stream.next() is None
        assert time.monotonic() - began < served.service.settings.shutdown_seconds, "not cut off"


async def test_a_wave_is_alerted_side_by_side(notify: Notify):
    callout, people = notify.new("cal"), [notify.new("acc") for _ in range(12)]

    async def alert(person: str) -> float:
        async with notify.stream(person) as stream:
            ready.release()
            assert await stream.next() is not None
            return time.perf_counter()

    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(alert(person)) for person in people]
    for _ in people:
        await ready.acquire()
    began = time.perf_counter()
    for person in people:
        await notify.publish(called(person, callout), callout)
    assert max(await asyncio.gather(*tasks)) - began < 3
