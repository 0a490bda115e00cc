"""The short way to plain routes answers as the framework's way does, whatever comes."""

from typing import Annotated, Any

import httpx
import orjson
import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from pymongo.errors import AutoReconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import problem
from chassis.edge.auth import Principal, allow, anyone
from chassis.edge.direct import Provided, direct_routes
from chassis.edge.http import Edge
from chassis.idempotency import RequestCause
from chassis.problem import Problem
from chassis.service import provided
from contracts.registration import Grant

RESIDENT = Principal(
    subject="acc_1", session="ses_1", grants=(Grant(role="resident", area="3701"),)
)
VOLUNTEER = Principal(
    subject="acc_2", session="ses_2", grants=(Grant(role="volunteer", area="370104009"),)
)


class Counter:
    """What `main.py` would provide; counts what really reached the handler."""

    def __init__(self) -> None:
        self.calls = 0


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: Annotated[str, Field(max_length=8)]
    number: Annotated[float, Field(allow_inf_nan=False, le=10)] = 1


class View(BaseModel):
    word: str
    number: float
    by: str
    note: str | None = None


router = APIRouter(prefix="/things")
Filer = Annotated[Principal, allow("report.file")]
Counted = Annotated[Counter, provided(Counter)]


@router.post("", status_code=201, response_model_exclude_none=True)
async def make(
    body: Thing,
    who: Annotated[Principal, allow("report.file")],
    counter: Counted,
    cause: RequestCause,
) -> View:
    counter.calls += 1
    if body.word == "away":
        raise AutoReconnect("the store is away")
    if body.word == "boom":
        raise RuntimeError("a secret in the text of an error")
    if body.word == "no":
        raise Problem(409, "wrong_state", state="closed", retry_after=3)
    return View(word=body.word, number=body.number, by=f"{who.subject} {bool(cause.fingerprint)}")


@router.get("/free")
async def free(_: Annotated[Principal | None, anyone("a test")]) -> list[View]:
    return [View(word="free", number=1, by="all")]


@router.get("/{id}")
async def one(id: str, _: Annotated[Principal | None, anyone("a test")]) -> View:
    return View(word=id, number=1, by="all")


class KnownTokens:
    async def verify(self, token: str) -> Principal:
        found = {"resident": RESIDENT, "volunteer": VOLUNTEER}.get(token)
        if found is None:
            raise Problem(401, "token_invalid")
        return found


def application(direct: bool) -> tuple[ASGIApp, Counter, list[str]]:
    app, counter, ways = FastAPI(), Counter(), list[str]()
    app.state.provided, app.state.verifier = {Counter: counter}, KnownTokens()
    problem.install(app)
    app.include_router(router, prefix="/v1")

    class Framework:
        """Notes that a request went the framework's way."""

        def __init__(self, inner: ASGIApp) -> None:
            self._inner = inner

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            ways.append(scope["path"])
            await self._inner(scope, receive, send)

    app.add_middleware(Framework)
    app.add_middleware(Edge, most_bytes=300, direct=direct_routes(router, "/v1") if direct else {})
    return app, counter, ways


SHORT, SHORT_CALLS, SHORT_WAYS = application(True)
LONG, LONG_CALLS, _ = application(False)


async def ask(
    app: ASGIApp, method: str, path: str, **how: Any
) -> tuple[int, dict[str, str], bytes]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path, **how)
    return answer.status_code, dict(answer.headers), answer.content


words = st.sampled_from(["good", "away", "no", "far too long", "很好", "👍"])


def thing(word: str, number: object) -> bytes:
    return orjson.dumps({"word": word, "number": number})


numbers = st.one_of(st.floats(-5, 20), st.booleans(), st.just("3"), st.none())
odd = st.sampled_from(
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"word": "good", "more": 1}',
        b'{"word": "a", "word": "b"}',
        b'{"word": "\xff"}',
        b'{"word": "good", "number": NaN}',
        '{"word": "good"}'.encode("utf-16"),
        b'{"word": "' + b"x" * 400 + b'"}',
        b'{"word": "\\ud800"}',
        b"[" * 290,
    ]
)
bodies = st.one_of(odd, st.builds(thing, words, numbers))
TYPES = [
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "text/plain",
    "x/y+json",
]
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            ["application/json", "application/json; charset=utf-8", "text/plain", "x/y+json"]
        ),
        "Authorization": st.sampled_from(
            ["Bearer resident", "Bearer volunteer", "Bearer forged", "Basic x", "Bearer"]
        ),
        "Idempotency-Key": st.sampled_from(["a-good-key-1", "short", "with space in it"]),
    },
)


@settings(max_examples=200, deadline=None)
@given(body=bodies, head=headers)
async def test_both_ways_answer_alike_and_do_alike(body: bytes, head: dict[str, str]) -> None:
    before = SHORT_CALLS.calls, LONG_CALLS.calls
    short = await ask(SHORT, "POST", "/v1/things", content=body, headers=head)
    long = await ask(LONG, "POST", "/v1/things", content=body, headers=head)
    assert short == long
    assert SHORT_CALLS.calls - before[0] == LONG_CALLS.calls - before[1] <= 1


@pytest.fixture
def ways() -> list[str]:
    SHORT_WAYS.clear()
    return SHORT_WAYS


async def test_what_is_right_takes_the_short_way_and_what_is_wrong_the_long_one(
    ways: list[str],
) -> None:
    token = {"Authorization": "Bearer resident"}
    assert (await ask(SHORT, "POST", "/v1/things", json={"word": "good"}, headers=token))[0] == 201
    assert (await ask(SHORT, "GET", "/v1/things/free"))[0] == 200
    assert ways == []
    assert (await ask(SHORT, "POST", "/v1/things", json={"word": 1}, headers=token))[0] == 422
    assert (await ask(SHORT, "GET", "/v1/things/thg_1"))[0] == 200
    assert ways == ["/v1/things", "/v1/things/thg_1"]


async def test_an_error_of_ours_is_told_alike_and_nothing_of_it() -> None:
    token = {"Authorization": "Bearer resident"}
    short, long = [
        await ask(app, "POST", "/v1/things", json={"word": "boom"}, headers=token)
        for app in (SHORT, LONG)
    ]
    assert short == long
    assert short[0] == 500
    assert b"secret" not in short[2]


def test_a_route_with_more_in_it_than_is_plain_has_no_short_way() -> None:
    assert set(direct_routes(router, "/v1")) == {("POST", "/v1/things"), ("GET", "/v1/things/free")}
    assert isinstance(Provided(Counter).kind, type)
