"""On real servers: a wave is one message, and each of those called has their own of it."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from chassis.domain import Cause
from contracts.events.dispatch import DutyEnded, VolunteerCalled, WaveStoodDown
from services.notify.inbox.domain import Message, Recipient, Template
from services.notify.inbox.store import Inbox
from services.notify.replicas.store import Duty
from services.notify.tests.conftest import Notify, OpenStream, eventually
from services.notify.tests.topics import called, deliveries, published, wave
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


def people(notify: Notify, count: int) -> dict[str, int]:
    """Distances in metres, by volunteer."""
    return {notify.new("acc"): 100 + 10 * n for n in range(count)}


async def streams_of(
    notify: Notify, distances: dict[str, int], stack: AsyncExitStack
) -> dict[str, OpenStream]:
    return {who: await stack.enter_async_context(notify.stream(who)) for who in distances}


async def documents(notify: Notify, report: str) -> list[dict[str, Any]]:
    return await notify.service.store.database["messages"].find({"report": report}).to_list()


def is_theirs(message: dict[str, Any], metres: int) -> bool:
    return message["data"]["distance_m"] == metres and str(metres) in message["body"]["en"]


async def test_a_wave_is_one_document_and_each_has_their_own_alert(notify: Notify):
    distances, callout, report = people(notify, 12), notify.new("cal"), notify.new("rep")
    async with AsyncExitStack() as stack:
        streams = await streams_of(notify, distances, stack)
        await notify.publish(wave(distances, callout, report=report), callout)
        received = {who: await stream.next() for who, stream in streams.items()}
    assert len(await documents(notify, report)) == 1
    for who, metres in distances.items():
        (kept,) = await notify.inbox(who)
        got = received[who]
        assert got is not None
        assert got.message == kept
        assert is_theirs(kept, metres)
    assert len({got.message["id"] for got in received.values() if got}) == 12

    async def all_delivered() -> bool:
        channels = [one["channels"][1] for one in await deliveries(notify, report)]
        return [channel["status"] for channel in channels] == ["delivered"] * 12

    await eventually(all_delivered)
    assert {one["recipient"] for one in await deliveries(notify, report)} == set(distances)


async def test_a_repeated_wave_changes_nothing(notify: Notify):
    distances, callout, report = people(notify, 3), notify.new("cal"), notify.new("rep")
    for _ in range(3):
        await notify.publish(wave(distances, callout, report=report), callout, seq=1)
    await notify.publish(wave(distances, callout, report=report), callout, seq=2)
    for who in distances:
        first, second = await notify.inbox_of(who, 2)
        assert first["id"] != second["id"]
        assert len(await notify.inbox(who)) == 2
    assert len(await documents(notify, report)) == 2


async def test_who_is_called_again_after_a_stand_down_is_alerted_again(notify: Notify):
    distances, callout, report = people(notify, 1), notify.new("cal"), notify.new("rep")
    (who,) = distances
    about = {"callout": callout, "report": report}
    spared = WaveStoodDown.model_validate(
        WaveStoodDown.example | about | {"volunteers": [who], "reason": "enough"}
    )
    async with notify.stream(who) as stream:
        for event in (wave(distances, callout, report=report), spared):
            await notify.publish(event, callout)
        await notify.publish(wave(distances, callout, report=report), callout)
        received = [await stream.next() for _ in range(3)]
    assert [got.kind for got in received if got] == ["alert", "stand_down", "alert"]
    assert len({got.message["id"] for got in received if got}) == 3


async def test_who_went_off_duty_before_the_wave_gets_nothing_of_it(notify: Notify):
    distances, callout, report = people(notify, 6), notify.new("cal"), notify.new("rep")
    gone, duty = sorted(distances)[:3], Duty(notify.service.store)
    for who in gone:
        await notify.publish(DutyEnded(volunteer=who, station="sta", reason="tap"), who)
        await eventually(lambda who=who: duty.is_off_duty(who))
    async with AsyncExitStack() as stack:
        streams = await streams_of(notify, distances, stack)
        await notify.publish(wave(distances, callout, report=report), callout)
        stood_down = WaveStoodDown.model_validate(
            WaveStoodDown.example | {"volunteers": list(distances), "callout": callout}
        )
        await notify.publish(stood_down, callout)
        for who, stream in streams.items():
            kinds = ["stand_down"] if who in gone else ["alert", "stand_down"]
            assert [got.kind for _ in kinds if (got := await stream.next())] == kinds
            assert [message["kind"] for message in await notify.inbox(who)] == kinds[::-1]
    states = {
        one["recipient"]: [channel["reason"] for channel in one["channels"]]
        for one in await deliveries(notify, report)
    }
    assert states == {who: ["off_duty"] if who in gone else [None, None] for who in distances}
    held = {one["recipient"]: one["message"] for one in await deliveries(notify, report)}
    async with notify.client(gone[0]) as client:
        answer = await client.post(f"/api/v1/inbox/{held[gone[0]]}/read")
        assert answer.status_code == 404
    for who in gone:
        await published(notify, "MessageDelivered", held[who])


async def test_what_one_does_with_an_alert_is_nobody_elses(notify: Notify):
    distances, callout, report = people(notify, 3), notify.new("cal"), notify.new("rep")
    await notify.publish(wave(distances, callout, report=report), callout)
    mine = {who: (await notify.inbox_of(who, 1))[0]["id"] for who in distances}
    reader, other, third = distances
    async with notify.client(reader) as client:
        for theirs in (mine[other], mine[third], mine[reader].partition("-")[0]):
            answer = await client.post(f"/api/v1/inbox/{theirs}/acknowledge")
            assert answer.status_code == 404
        read = (await client.post(f"/api/v1/inbox/{mine[reader]}/read")).json()
        assert read["read_at"]
        assert read["acknowledged_at"] is None
        assert is_theirs(read, distances[reader])
    async with notify.client(other) as client:
        seen = (await client.post(f"/api/v1/inbox/{mine[other]}/acknowledge")).json()
        assert seen["acknowledged_at"]
    assert await notify.inbox(reader, unread="true") == []
    assert await notify.inbox(other, unread="true") == []
    assert [message["id"] for message in await notify.inbox(third, unread="true")] == [mine[third]]
    assert (await notify.inbox(third))[0]["read_at"] is None
    (kept,) = await notify.inbox(reader)
    assert kept == read
    states = {
        one["recipient"]: (bool(one["read_at"]), bool(one["acknowledged_at"]))
        for one in await deliveries(notify, report)
    }
    assert states == {reader: (True, False), other: (True, True), third: (False, False)}


async def test_the_station_reads_a_wave_page_by_page(notify: Notify):
    distances, callout, report = people(notify, 5), notify.new("cal"), notify.new("rep")
    for seq in (1, 2):
        await notify.publish(wave(distances, callout, report=report), callout, seq=seq)
    for who in distances:
        await notify.inbox_of(who, 2)
    found, cursor = [], None
    async with notify.client("acc_officer", ("officer", "370104009")) as client:
        while True:
            query = {"report": report, "limit": 3} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/api/v1/deliveries", params=query)).json()
            found += [one["message"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
            assert len(page["items"]) == 3
    whole = [one["message"] for one in await deliveries(notify, report)]
    assert found == whole
    assert len(set(whole)) == 10


async def test_unread_messages_are_found_behind_many_that_are_read(notify: Notify):
    person, callout = notify.new("acc"), notify.new("cal")
    for _ in range(12):
        await notify.publish(called(person, callout), callout)
    kept = [message["id"] for message in await notify.inbox_of(person, 12)]
    unread = [kept[4], kept[9], kept[11]]
    async with notify.client(person) as client:
        for id in set(kept) - set(unread):
            assert (await client.post(f"/api/v1/inbox/{id}/read")).status_code == 200
        query = {"unread": "true", "limit": "2"}
        first = (await client.get("/api/v1/inbox", params=query)).json()
        rest = (await client.get("/api/v1/inbox", params=query | {"cursor": first["next"]})).json()
    assert [message["id"] for message in first["items"] + rest["items"]] == unread
    assert rest["next"] is None


async def test_a_stream_that_was_away_during_a_wave_gets_it_once(notify: Notify, backend: Backend):
    """Also when Valkey was emptied between the entry and the return."""
    distances, callout = people(notify, 3), notify.new("cal")
    who = min(distances)
    async with notify.stream(who) as stream:
        await notify.publish(wave(distances, callout), callout)
        first = await stream.next()
        assert first is not None
        place = stream.last
    await notify.publish(wave(distances, callout), callout)
    second, _ = await notify.inbox_of(who, 2)
    async with notify.stream(who, last=place) as stream:
        await notify.publish(wave(distances, callout), callout)
        again = await stream.messages(2)
        assert again[0] == second["id"]
        assert len({first.message["id"], *again}) == 3
    async with Redis.from_url(backend.redis_url.removesuffix("/0") + "/5") as redis:
        await redis.flushdb()
    async with notify.stream(who, last=place) as stream:
        received = [await stream.next() for _ in range(3)]
        assert {one.message["id"] for one in received if one} == {first.message["id"], *again}
        assert all(is_theirs(one.message, distances[who]) for one in received if one)


async def test_a_message_whose_process_died_before_sending_goes_out_soon(notify: Notify):
    distances, inbox = people(notify, 3), Inbox(notify.service.store)
    now, text = notify.service.clock.now(), Template(zh=("请您支援",), en=("Please help",))
    async with AsyncExitStack() as stack:
        streams = await streams_of(notify, distances, stack)
        stored = Message(
            id=notify.new("msg"),
            kind="notice",
            title=text,
            body=text,
            at=now,
            expires_at=now + timedelta(minutes=5),
            recipients=tuple(Recipient(account=who) for who in sorted(distances)),
            due=True,
        )
        await inbox.add(stored, (), Cause(stored.id))
        for who, stream in streams.items():
            got = await stream.next()
            assert got is not None
            assert got.message["id"] == f"{stored.id}-{who}"

    async def not_due() -> bool:
        return not (await inbox.require(stored.id)).due

    await eventually(not_due)


async def test_calls_of_before_the_upgrade_are_still_alerted(notify: Notify):
    person, callout, report = notify.new("acc"), notify.new("cal"), notify.new("rep")
    expires = notify.service.clock.now() + timedelta(minutes=1)
    old = VolunteerCalled.model_validate(
        VolunteerCalled.example
        | {"volunteer": person, "callout": callout, "report": report, "expires_at": expires}
    )
    await notify.publish(old, callout)
    (message,) = await notify.inbox_of(person, 1)
    assert message["kind"] == "alert"
    assert is_theirs(message, 240)


async def test_old_messages_are_deleted_with_what_people_did_with_them(notify: Notify):
    distances, callout, report = people(notify, 2), notify.new("cal"), notify.new("rep")
    long_ago = timedelta(days=-181)
    old = WaveStoodDown.model_validate(
        WaveStoodDown.example
        | {"volunteers": list(distances), "callout": callout, "report": report}
    )
    await notify.publish(old, callout, at=long_ago)
    await notify.publish(wave(distances, callout), callout)
    who = min(distances)
    kept, deleted = await notify.inbox_of(who, 2)
    async with notify.client(who) as client:
        for one in (kept, deleted):
            assert (await client.post(f"/api/v1/inbox/{one['id']}/read")).status_code == 200
    await notify.delete_old()
    assert await notify.inbox(who) == [kept | {"read_at": (await notify.inbox(who))[0]["read_at"]}]
    database = notify.service.store.database
    assert await documents(notify, report) == []
    assert await database["receipts"].find_one({"_id": deleted["id"]}) is None
    assert await database["receipts"].find_one({"_id": kept["id"]}) is not None
