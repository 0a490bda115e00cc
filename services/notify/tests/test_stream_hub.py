"""The hub: each call to the right streams, slow readers ended, nobody else harmed."""

import asyncio
import time
from typing import cast

import pytest
from redis.asyncio import Redis

from services.notify.stream.domain import Frame
from services.notify.stream.front import moved
from services.notify.stream.handlers import next_item
from services.notify.stream.hub import Hub, Reader
from services.notify.stream.store import called

FRAME = Frame("msg_1", "alert", 0, '{"id":"msg_1"}')


@pytest.fixture
def hub() -> Hub:
    return Hub(cast(Redis, None))


def waiting(reader: Reader) -> list[object]:
    return [reader.items.get_nowait() for _ in range(reader.items.qsize())]


def test_a_call_reaches_every_stream_of_the_person_and_of_nobody_else(hub: Hub):
    with (
        hub.open("acc_1", "s1") as phone,
        hub.open("acc_1", "s2") as desk,
        hub.open("acc_2", "s3") as other,
    ):
        hub.call("acc_1", "1-0", FRAME)
        assert waiting(phone) == waiting(desk) == [("1-0", FRAME)]
        assert waiting(other) == []


def test_who_has_gone_is_forgotten(hub: Hub):
    with hub.open("acc_1", "s1"):
        assert len(hub.everyone()) == 1
    hub.call("acc_1", "1-0", FRAME)
    assert hub.everyone() == []


def test_a_slow_reader_is_ended_and_the_others_go_on(hub: Hub):
    with hub.open("acc_1", "s1") as slow, hub.open("acc_1", "s2") as quick:
        for n in range(300):
            hub.call("acc_1", f"{n}-0", FRAME)
            assert waiting(quick) == [(f"{n}-0", FRAME)]
        assert waiting(slow)[0] == "end"


def test_the_oldest_of_too_many_streams_ends(hub: Hub):
    with hub.open("acc_1", "s0") as oldest:
        others = [hub.open("acc_1", f"s{n}") for n in range(1, 6)]
        readers = [other.__enter__() for other in others]
        assert waiting(oldest) == ["end"]
        assert all(waiting(reader) == [] for reader in readers)
        for other in others:
            other.__exit__(None, None, None)
    assert hub.everyone() == []


def test_a_revoked_session_ends_its_streams_alone(hub: Hub):
    with hub.open("acc_1", "s1") as mine, hub.open("acc_1", "s2") as kept:
        hub.end_session("s1")
        assert waiting(mine) == ["end"]
        assert waiting(kept) == []


def test_after_a_break_every_stream_looks_again(hub: Hub):
    with hub.open("acc_1", "s1") as one, hub.open("acc_2", "s2") as two:
        hub.again()
        assert waiting(one) == waiting(two) == ["again"]


def test_a_stop_ends_all_at_once(hub: Hub):
    with hub.open("acc_1", "s1") as one, hub.open("acc_2", "s2") as two:
        hub.call("acc_1", "1-0", FRAME)
        hub.end_all()
        assert waiting(one) == waiting(two) == ["end"]


async def test_a_stream_ends_when_its_token_lapses(hub: Hub):
    with hub.open("acc_1", "s1") as reader:
        assert await next_item(reader, until=time.time() - 1) == "end"
        hub.call("acc_1", "1-0", FRAME)
        assert await next_item(reader, until=time.time() + 60) == ("1-0", FRAME)


async def test_what_comes_while_waiting_is_there_at_once(hub: Hub):
    with hub.open("acc_1", "s1") as reader:
        asked = asyncio.create_task(next_item(reader, until=time.time() + 60))
        await asyncio.sleep(0)
        hub.call("acc_1", "1-0", FRAME)
        assert await asked == ("1-0", FRAME)


def test_a_call_is_read_as_redis_sends_it():
    assert called(b"acc_1\n5-0\n" + FRAME.encode()) == ("acc_1", "5-0", FRAME)


def test_the_token_in_the_address_is_moved_for_the_stream_alone():
    scope = {
        "type": "http",
        "path": "/api/v1/stream",
        "query_string": b"last=1-0&access_token=abc.d",
        "headers": [],
    }
    seen = moved(scope)
    assert seen["query_string"] == b"last=1-0"
    assert seen["headers"] == [(b"authorization", b"Bearer abc.d")]
    elsewhere = moved({**scope, "path": "/api/v1/inbox"})
    assert (elsewhere["query_string"], elsewhere["headers"]) == (b"last=1-0", [])


def test_a_token_in_the_header_wins():
    scope = {
        "type": "http",
        "path": "/api/v1/stream",
        "query_string": b"access_token=other",
        "headers": [(b"authorization", b"Bearer mine")],
    }
    assert moved(scope)["headers"] == [(b"authorization", b"Bearer mine")]
