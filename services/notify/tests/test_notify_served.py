"""notify on real servers: from an event on a topic to the open stream, and back to what people did with it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from contracts import topics
from contracts.dispatch import CalloutFilled, DutyEnded, DutyStarted, VolunteerCalled, VolunteerStoodDown
from contracts.event import Envelope
from contracts.incidents import ReportFiled, ReportHandedOff, ReportResolved
from contracts.registration import Grant, GrantsChanged, SessionRevoked, VolunteerStandingChanged
from services.notify.recipient.store import Recipients
from services.notify.tests.conftest import Notify, eventually, running
from tests.backend import Backend

pytestmark = pytest.mark.servers
AREA = "370104009008"


def called(volunteer: str, callout: str, *, seconds: float = 60, report: str = "rep_x") -> VolunteerCalled:
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    return VolunteerCalled.model_validate(
        VolunteerCalled.example
        | {"volunteer": volunteer, "callout": callout, "report": report, "expires_at": expires.isoformat()}
    )


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


async def test_when_redis_has_lost_everything_the_unread_inbox_comes_again(notify: Notify, backend: Backend):
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


async def test_a_lost_channel_is_found_again_and_open_streams_catch_up(notify: Notify, backend: Backend):
    person, callout = notify.new("acc"), notify.new("cal")
    async with notify.line(person) as line, Redis.from_url(backend.redis_url) as redis:
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        for _ in range(3):
            await notify.publish(called(person, callout), callout)
        assert len(set(await line.messages(3))) == 3


async def test_who_is_off_duty_is_not_alerted_and_the_delivery_says_so(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    recipients = Recipients(notify.service.store)
    await notify.publish(DutyStarted(volunteer=person, station="sta"), person, seq=1)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=2)
    await eventually(lambda: recipients.is_off_duty(person))
    async with notify.line(person) as line:
        await notify.publish(called(person, callout, report=report), callout)
        stood_down = VolunteerStoodDown.model_validate(VolunteerStoodDown.example | {"volunteer": person})
        await notify.publish(stood_down, callout)
        heard = await line.next()
        assert heard is not None
        assert heard.kind == "stand_down"
    assert [message["kind"] for message in await notify.inbox(person)] == ["stand_down"]
    held = await deliveries(notify, report)
    assert [way["why"] for way in held[0]["deliveries"]] == ["off_duty"]
    await said_on_topic(notify, "MessageDelivered", held[0]["message"])


async def test_a_late_fact_about_duty_changes_nothing(notify: Notify):
    person, recipients = notify.new("acc"), Recipients(notify.service.store)
    await notify.publish(DutyEnded(volunteer=person, station="sta", reason="tap"), person, seq=1)
    await eventually(lambda: recipients.is_off_duty(person))
    await notify.publish(DutyStarted(volunteer=person, station="sta"), person, seq=9, at=timedelta(minutes=-5))
    callout = notify.new("cal")
    await notify.publish(DutyStarted(volunteer=callout, station="sta"), person)  # same key: dealt with after it
    await eventually(lambda: _known_on(recipients, callout))
    assert await recipients.is_off_duty(person)


async def _known_on(recipients: Recipients, person: str) -> bool:
    return await recipients._duty.find_one({"_id": person, "on": True}) is not None  # pyright: ignore[reportPrivateUsage]


async def test_an_alert_that_lapsed_is_not_shown(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    await notify.publish(called(person, callout, seconds=-1), callout)
    await notify.publish(called(person, callout), callout)
    kept = await notify.inbox_of(person, 1)
    assert len(kept) == 1


async def test_progress_finds_the_reporter_though_the_report_is_heard_of_later(notify: Notify):
    person, report, callout = notify.new("acc"), notify.new("rep"), notify.new("cal")
    filled = CalloutFilled.model_validate(CalloutFilled.example | {"report": report, "callout": callout})
    await notify.publish(filled, callout)
    await eventually(lambda: notify.service.store.database["waiting"].find_one({"report": report}))
    filed = ReportFiled.model_validate(ReportFiled.example | {"report": report, "reporter": person})
    await notify.publish(filed, report, seq=1)
    kept = await notify.inbox_of(person, 1)
    assert [message["kind"] for message in kept] == ["progress"]
    assert await notify.service.store.database["waiting"].find_one({"report": report}) is None


async def test_officers_of_the_area_are_told_and_see_what_became_of_it(notify: Notify):
    officer, elsewhere, report = notify.new("acc"), notify.new("acc"), notify.new("rep")
    recipients = Recipients(notify.service.store)
    for account, area in ((officer, "370104009"), (elsewhere, "370102001")):
        await notify.publish(GrantsChanged(account=account, grants=(Grant(role="officer", area=area),)), account, seq=2)
        await notify.publish(GrantsChanged(account=account, grants=()), account, seq=1)  # an older one, late
    now = notify.service.clock.now()
    await eventually(lambda: _holds(recipients, officer, "370104009008", now))
    await eventually(lambda: _holds(recipients, elsewhere, "370102001002", now))
    handed_off = ReportHandedOff.model_validate(ReportHandedOff.example | {"report": report})
    await notify.publish(handed_off, report)
    kept = await notify.inbox_of(officer, 1)
    assert (kept[0]["kind"], kept[0]["report"]) == ("escalation", report)
    assert await notify.inbox(elsewhere) == []
    assert officer in {one["recipient"] for one in await deliveries(notify, report)}
    async with notify.client(elsewhere, ("officer", "370102001")) as client:
        assert (await client.get("/api/v1/deliveries", params={"report": report})).json() == {"deliveries": []}
        one = await client.get("/api/v1/deliveries", params={"message": kept[0]["id"]})
        assert one.status_code == 404


async def _holds(recipients: Recipients, account: str, area: str, now: datetime) -> bool:
    return account in await recipients.holders("officer", area, now)


async def test_a_new_standing_is_told_once_and_not_when_skills_change(notify: Notify):
    person = notify.new("acc")
    for seq, standing in enumerate(("applied", "approved", "approved", "suspended"), 1):
        event = VolunteerStandingChanged.model_validate(
            VolunteerStandingChanged.example | {"volunteer": person, "standing": standing}
        )
        await notify.publish(event, person, seq=seq)
    kept = await notify.inbox_of(person, 2)
    assert [message["data"]["standing"] for message in kept] == ["suspended", "approved"]


async def test_a_message_is_read_and_acknowledged_by_its_recipient_alone(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    await notify.publish(called(person, callout, report=report), callout)
    (message,) = await notify.inbox_of(person, 1)
    async with notify.client("acc_stranger") as stranger:
        for verb in ("read", "acknowledge"):
            answer = await stranger.post(f"/api/v1/inbox/{message['id']}/{verb}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
    async with notify.client(person) as client:
        key = {"Idempotency-Key": notify.new("key")}
        first = await client.post(f"/api/v1/inbox/{message['id']}/acknowledge", headers=key)
        second = await client.post(f"/api/v1/inbox/{message['id']}/acknowledge", headers=key)
        assert first.json() == second.json()
        assert first.json()["acknowledged_at"]
    assert await notify.inbox(person, unread="true") == []
    await said_on_topic(notify, "MessageAcknowledged", message["id"])
    assert (await deliveries(notify, report))[0]["acknowledged_at"]


async def test_an_inbox_is_read_page_by_page(notify: Notify):
    person = notify.new("acc")
    for _ in range(60):
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
    await notify.inbox_of(person, 50)
    async with notify.client(person) as client:

        async def all_of_it() -> list[str]:
            page = (await client.get("/api/v1/inbox")).json()
            rest = (await client.get("/api/v1/inbox", params={"cursor": page["next"]})).json()
            ids = [message["id"] for message in page["messages"] + rest["messages"]]
            assert rest["next"] is None
            return ids if len(ids) == 60 else []

        assert len(set(await eventually(all_of_it))) == 60
        broken = await client.get("/api/v1/inbox", params={"cursor": "nonsense"})
        assert broken.status_code == 422
        assert broken.json()["errors"][0]["field"] == "query.cursor"


async def test_a_stream_needs_a_token_which_may_stand_in_its_address(notify: Notify):
    async with httpx.AsyncClient(base_url=notify.url) as client:
        assert (await client.get("/api/v1/stream")).status_code == 401
        assert (await client.get("/api/v1/stream", params={"access_token": "a.b.c"})).status_code == 401
        assert (await client.get("/api/v1/inbox", params={"access_token": "a.b.c"})).status_code == 401


async def test_a_stream_ends_with_its_token_and_with_its_session(notify: Notify):
    person, session = notify.new("acc"), notify.new("ses")
    async with notify.line(person, lasts=1) as line:
        assert await line.next() is None
    async with notify.line(person, session=session) as line, notify.line(person) as kept:
        await notify.publish(SessionRevoked(account=person, session=session, reason="signed_out"), person)
        assert await line.next() is None
        callout = notify.new("cal")
        await notify.publish(called(person, callout), callout)
        assert await kept.next() is not None


async def test_a_stop_ends_open_streams_at_once(backend: Backend):
    async with running(backend, "notify_test_stop") as served, served.line(served.new("acc")) as line:
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


async def deliveries(notify: Notify, report: str) -> list[dict[str, Any]]:
    async with notify.client("acc_officer", ("officer", "370104009")) as client:
        answer = await client.get("/api/v1/deliveries", params={"report": report})
        assert answer.status_code == 200
        return answer.json()["deliveries"]


async def said_on_topic(notify: Notify, type_: str, message: str) -> None:
    consumer = AIOKafkaConsumer(
        topics.NOTIFY, bootstrap_servers=notify.service.settings.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(15):
            async for record in consumer:
                envelope = Envelope.model_validate_json(record.value or b"")
                if envelope.type == type_ and envelope.data["message"] == message:
                    return
    finally:
        await consumer.stop()
