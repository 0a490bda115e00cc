"""How a body may come in: time limits count silence, and nobody holds a place for ever."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from fastapi import FastAPI, Request
from starlette.types import Message
from structlog.testing import capture_logs

from chassis.domain import Refusal
from chassis.http import problems
from chassis.server.bodies import MAX_DROPPED, BodyRules, read_by
from chassis.server.middleware import RequestMiddleware
from chassis.tests.server.virtual import run

RULES = BodyRules(
    max_bytes=5_000_000, seconds=30, min_bytes=60_000, total_seconds=600, answer_seconds=20
)
Piece = tuple[float, int]
"""Seconds that pass before it comes, and its bytes."""


def _app() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    async def upload(request: Request, think: float = 0) -> int:
        read_by(request, RULES)
        size = len(await request.body())
        await asyncio.sleep(think)
        return size

    async def usual(request: Request) -> int:
        return len(await request.body())

    async def refused(request: Request) -> None:
        raise Refusal("unavailable", retry_after=5)

    async def slow(request: Request) -> None:
        await asyncio.sleep(60)

    for endpoint in (upload, usual, refused, slow):
        app.add_api_route(f"/{endpoint.__name__}", endpoint, methods=["POST"])
    app.add_middleware(RequestMiddleware, max_bytes=6_000_000, seconds=10.0)
    return app


@dataclass
class Sender:
    """Sends pieces as they come; the answer, and how much of the body was taken before it."""

    pieces: Iterator[Piece]
    headers: dict[str, str] = field(default_factory=lambda: {"transfer-encoding": "chunked"})
    status: int = 0
    leaves: bool = False
    body: bytes = b""
    answered_at: float = 0
    taken: int = 0
    taken_before: int = 0

    async def receive(self) -> Message:
        piece = next(self.pieces, None)
        if piece is None and self.leaves:
            return {"type": "http.disconnect"}
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(piece[0])
        self.taken += piece[1]
        return {"type": "http.request", "body": bytes(piece[1]), "more_body": True}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.taken_before = message["status"], self.taken
            self.answered_at = asyncio.get_running_loop().time()
        self.body += message.get("body", b"")


def answer(path: str, sender: Sender, query: str = "") -> Any:
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in sender.headers.items()],
    }
    run(_app()(scope, sender.receive, sender.send))
    return orjson.loads(sender.body)


def test_a_photo_that_comes_slowly_but_steadily_is_read_whole() -> None:
    sender = Sender((0.1, 4_000) for _ in range(600))
    assert (answer("/upload", sender), sender.status) == (2_400_000, 200)
    assert sender.answered_at == pytest.approx(60, abs=1)


def test_silence_of_half_a_minute_ends_it() -> None:
    sender = Sender(iter([(1, 100_000), (40, 100_000)]))
    assert answer("/upload", sender)["type"] == "urn:problem:too_slow"
    assert (sender.status, sender.answered_at) == (408, pytest.approx(31))


def test_a_body_that_drips_holds_no_place_for_ever() -> None:
    sender = Sender((20, 1) for _ in range(100_000))
    assert answer("/upload", sender)["type"] == "urn:problem:too_slow"
    assert sender.answered_at == pytest.approx(30)


def test_a_body_just_fast_enough_ends_too() -> None:
    sender = Sender((25, 60_000) for _ in range(100_000))
    assert answer("/upload", sender)["type"] == "urn:problem:too_slow"
    assert sender.answered_at == pytest.approx(600)


def test_the_answers_time_begins_when_the_body_is_whole() -> None:
    pieces = [(9.0, 100_000), (9.0, 100_000)]
    assert answer("/upload", Sender(iter(pieces)), "think=19") == 200_000
    late = Sender(iter(pieces))
    assert answer("/upload", late, "think=25")["type"] == "urn:problem:unavailable"
    assert (late.status, late.answered_at) == (503, pytest.approx(38))


def test_other_routes_keep_their_own_limits() -> None:
    assert answer("/usual", Sender((9, 10) for _ in range(10))) == 100
    assert answer("/usual", Sender(iter([(11, 10)])))["type"] == "urn:problem:too_slow"
    hanging = Sender(iter([(0, 10)]))
    assert answer("/slow", hanging)["type"] == "urn:problem:unavailable"
    assert hanging.status == 503


@pytest.mark.parametrize("path", ["/refused", "/upload"])
def test_whoever_sends_everything_first_reads_the_refusal(path: str) -> None:
    """A phone of the usual kind: the connection would break under it otherwise."""
    sender = Sender((0.001, 65_536) for _ in range(200))
    assert answer(path, sender)["status"] in (413, 503)
    assert sender.taken_before == 200 * 65_536


def test_a_refused_body_is_not_read_for_ever() -> None:
    sender = Sender((0, 65_536) for _ in range(1_000_000))
    assert answer("/refused", sender)["status"] == 503
    assert sender.taken_before <= MAX_DROPPED + 65_536
    slow = Sender((1, 10) for _ in range(1_000))
    assert answer("/refused", slow)["status"] == 503
    assert slow.answered_at == pytest.approx(10)


def test_who_leaves_in_the_middle_is_no_error_of_ours() -> None:
    sender = Sender(iter([(0, 10)]), leaves=True)
    with capture_logs() as logs:
        assert answer("/upload", sender)["type"] == "urn:problem:too_slow"
        assert answer("/usual", Sender(iter([(0, 7_000_000)])))["type"] == "urn:problem:too_large"
    assert logs == []
