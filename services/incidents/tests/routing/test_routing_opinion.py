"""A second opinion, from a real local server: it raises danger and lowers nothing."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from pydantic import SecretStr

from jinan.local_time import LOCAL
from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingInput, classify
from services.incidents.routing.domain.opinion import Opinion, raised
from services.incidents.routing.second_opinion import SecondOpinion

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=LOCAL)
LAMP = classify(RoutingInput("路灯不亮一个星期了", None, "resident"), POLICIES.at(NOON), NOON)
FIRE = classify(RoutingInput("三楼着火了快来人", None, "resident"), POLICIES.at(NOON), NOON)
Reply = Callable[[], str]


def said(content: str) -> str:
    return json.dumps({"choices": [{"message": {"content": content}}]}, ensure_ascii=False)


@asynccontextmanager
async def model(
    body: str, status: int = 200, wait: asyncio.Event | None = None
) -> AsyncGenerator[tuple[str, list[str]]]:
    """The address of a server that answers so, and what it was sent."""
    received: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        received.append((await reader.readexactly(length)).decode())
        if wait is not None:
            await wait.wait()
        data = body.encode()
        line = f"HTTP/1.1 {status} X\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n"
        writer.write(line.encode() + data)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1", received
    finally:
        if wait is not None:
            wait.set()
        server.close()


@asynccontextmanager
async def second(url: str, seconds: float = 5) -> AsyncGenerator[SecondOpinion]:
    opinion = SecondOpinion(url, "m", SecretStr("k"), seconds)
    await opinion.start()
    try:
        yield opinion
    finally:
        await opinion.stop()


async def test_it_is_asked_without_personal_data_and_its_answer_is_read() -> None:
    content = '```json\n{"danger": "suspected", "unclear": false}\n```'
    async with model(said(content)) as (url, received), second(url) as asked:
        opinion = await asked.of("他的电话13912345678,来救我")
    assert opinion == Opinion("suspected", False)
    assert "13912345678" not in received[0]
    assert "救我" in received[0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("not json", 200),
        (said("我觉得没事"), 200),
        (said('{"danger": "perhaps"}'), 200),
        ('{"choices": []}', 200),
        ("[]", 200),
        ("{}", 500),
    ],
)
async def test_an_answer_that_is_none_changes_nothing(body: str, status: int) -> None:
    async with model(body, status) as (url, _), second(url) as asked:
        assert await asked.of("路灯不亮") is None


async def test_a_slow_one_is_not_waited_for_and_nobody_queues_behind_it() -> None:
    async with (
        model(said("{}"), wait=asyncio.Event()) as (url, received),
        second(url, 0.3) as slow,
    ):
        assert await asyncio.gather(*(slow.of("路灯不亮") for _ in range(9))) == [None] * 9
    assert len(received) <= 4


async def test_none_that_listens_changes_nothing() -> None:
    async with second("http://127.0.0.1:9/v1", 1) as asked:
        assert await asked.of("路灯不亮") is None


def test_it_alone_sends_to_a_person_not_to_the_police() -> None:
    more = raised(LAMP, Opinion("sure"))
    assert (more.route, more.triage, more.danger) == ("police", "urgent", "suspected")
    assert "second_opinion" in more.because
    assert raised(LAMP, Opinion("none", unclear=True)).triage == "normal"


@pytest.mark.parametrize("unclear", [True, False])
def test_it_never_lowers_danger(unclear: bool) -> None:
    assert raised(FIRE, Opinion("none", unclear)) == FIRE
    assert raised(LAMP, None) == LAMP
