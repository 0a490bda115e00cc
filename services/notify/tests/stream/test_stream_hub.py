"""The hub: each entry to the right streams, slow readers ended, nobody else harmed."""

import asyncio
import time
from typing import cast

import pytest

from services.notify.stream.domain import Frame, SharedFrame
from services.notify.stream.handlers import next_item
from services.notify.stream.hub import Hub, Reader
from services.notify.stream.store import LiveStreams, NewEntries, parse_entries

SHARED = SharedFrame("alert", 0, ('{"id":"', '"}'))
FRAME = Frame("msg_1-acc_1", "alert", 0, '{"id":"msg_1-acc_1"}')


def new(id: str, *people: str) -> NewEntries:
    return NewEntries(SHARED, [(one, id, f"msg_1-{one}".encode()) for one in people])


@pytest.fixture
def hub() -> Hub:
    return Hub(cast(LiveStreams, None))


def waiting(reader: Reader) -> list[object]:
    return [reader.items.get_nowait() for _ in range(reader.items.qsize())]


def test_an_entry_reaches_every_stream_of_the_person_and_of_nobody_else(hub: Hub):
    with (
        hub.open("acc_1", "s1", 5) as phone,
        hub.open("acc_1", "s2", 5) as desk,
        hub.open("acc_2", "s3", 5) as other,
    ):
        hub.publish(new("1-0", "acc_1"))
        assert waiting(phone) == waiting(desk) == [("1-0", FRAME)]
        assert waiting(other) == []


def test_who_has_gone_is_forgotten(hub: Hub):
    with hub.open("acc_1", "s1", 5):
        assert len(hub.readers()) == 1
    hub.publish(new("1-0", "acc_1"))
    assert hub.readers() == []


def test_a_slow_reader_is_ended_and_the_others_go_on(hub: Hub):
    with hub.open("acc_1", "s1", 5) as slow, hub.open("acc_1", "s2", 5) as quick:
        for n in range(300):
            hub.publish(new(f"{n}-0", "acc_1"))
            assert waiting(quick) == [(f"{n}-0", FRAME)]
        assert waiting(slow)[0] == "end"


def test_the_oldest_of_too_many_streams_ends(hub: Hub):
    with hub.open("acc_1", "s0", 5) as oldest:
        others = [hub.open("acc_1", f"s{n}", 5) for n in range(1, 6)]
        readers = [other.__enter__() for other in others]
        assert waiting(oldest) == ["end"]
        assert all(waiting(reader) == [] for reader in readers)
        for other in others:
            other.__exit__(None, None, None)
    assert hub.readers() == []


def test_a_revoked_session_ends_its_streams_alone(hub: Hub):
    with hub.open("acc_1", "s1", 5) as mine, hub.open("acc_1", "s2", 5) as kept:
        hub.end_session("s1")
        assert waiting(mine) == ["end"]
        assert waiting(kept) == []


def test_after_a_break_every_stream_catches_up(hub: Hub):
    with hub.open("acc_1", "s1", 5) as one, hub.open("acc_2", "s2", 5) as two:
        hub.catch_up()
        assert waiting(one) == waiting(two) == ["catch_up"]


def test_a_stop_ends_all_at_once(hub: Hub):
    with hub.open("acc_1", "s1", 5) as one, hub.open("acc_2", "s2", 5) as two:
        hub.publish(new("1-0", "acc_1"))
        hub.end_all()
        assert waiting(one) == waiting(two) == ["end"]


async def test_a_stream_ends_when_its_token_expires(hub: Hub):
    with hub.open("acc_1", "s1", 5) as reader:
        assert await next_item(reader, until=time.time() - 1) == "end"
        hub.publish(new("1-0", "acc_1"))
        assert await next_item(reader, until=time.time() + 60) == ("1-0", FRAME)


async def test_what_comes_while_waiting_is_there_at_once(hub: Hub):
    with hub.open("acc_1", "s1", 5) as reader:
        asked = asyncio.create_task(next_item(reader, until=time.time() + 60))
        await asyncio.sleep(0)
        hub.publish(new("1-0", "acc_1"))
        assert await asked == ("1-0", FRAME)


def test_each_reader_gets_what_is_theirs_of_one_notification(hub: Hub):
    raw = b"\n".join((SHARED.encode(), b"acc_1", b"5-0", b"msg_1-acc_1", b"acc_2", b"6-0", b"x"))
    with hub.open("acc_1", "s1", 5) as one, hub.open("acc_2", "s2", 5) as two:
        hub.publish(parse_entries(raw))
        assert waiting(one) == [("5-0", FRAME)]
        assert waiting(two) == [("6-0", Frame("x", "alert", 0, '{"id":"x"}'))]


@pytest.mark.parametrize("raw", [b"", b"alert\n0\n{}\nacc_1", b"alert\n0\n{}\nacc_1\n5-0"])
def test_what_is_no_notification_is_refused(raw: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - its words do not matter
        parse_entries(raw)
