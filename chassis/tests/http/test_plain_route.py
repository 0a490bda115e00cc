"""Plain and hot routes give the same answers as the framework, whatever is sent."""

from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any

import orjson
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from chassis.http.plain_route import PlainRoute, hot
from chassis.identity.guards import Principal, anyone
from chassis.tests.http.kinds import View, application, ask, routes

HOT, HOT_CALLS, HOT_ROUTED = application(routes(PlainRoute, hot))
PLAIN, PLAIN_CALLS, PLAIN_ROUTED = application(routes(PlainRoute))
GENERAL, GENERAL_CALLS, _ = application(routes(APIRoute))


words = st.sampled_from(["good", "down", "no", "far too long", "很好", "👍"])


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
CONTENT_TYPES = [
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "text/plain",
    "x/y+json",
]
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(CONTENT_TYPES),
        "Authorization": st.sampled_from(
            ["Bearer resident", "Bearer volunteer", "Bearer forged", "Basic x", "Bearer"]
        ),
        "Idempotency-Key": st.sampled_from(["a-good-key-1", "short", "with space in it"]),
    },
)


@settings(max_examples=200, deadline=None)
@given(body=bodies, head=headers)
async def test_all_kinds_of_routes_answer_and_act_alike(body: bytes, head: dict[str, str]) -> None:
    before = [counter.calls for counter in (HOT_CALLS, PLAIN_CALLS, GENERAL_CALLS)]
    hot_answer, plain_answer, general_answer = [
        await ask(app, "POST", "/api/v1/things", content=body, headers=head)
        for app in (HOT, PLAIN, GENERAL)
    ]
    assert hot_answer == general_answer
    assert plain_answer == general_answer
    after = [counter.calls for counter in (HOT_CALLS, PLAIN_CALLS, GENERAL_CALLS)]
    assert after[0] - before[0] == after[1] - before[1] == after[2] - before[2] <= 1


@pytest.fixture
def routed() -> list[str]:
    HOT_ROUTED.clear()
    PLAIN_ROUTED.clear()
    return HOT_ROUTED


async def test_a_valid_request_to_a_hot_route_bypasses_routing_and_an_invalid_one_does_not(
    routed: list[str],
) -> None:
    token = {"Authorization": "Bearer resident"}
    path = "/api/v1/things"
    assert (await ask(HOT, "POST", path, json={"word": "good"}, headers=token))[0] == 201
    assert (await ask(HOT, "GET", f"{path}/free"))[0] == 200
    assert routed == []
    assert (await ask(HOT, "POST", path, json={"word": 1}, headers=token))[0] == 422
    assert (await ask(HOT, "GET", f"{path}/thg_1"))[0] == 200
    assert routed == [path, f"{path}/thg_1"]


async def test_a_route_that_is_not_hot_goes_through_routing(routed: list[str]) -> None:
    assert (await ask(PLAIN, "GET", "/api/v1/things/free"))[0] == 200
    assert PLAIN_ROUTED == ["/api/v1/things/free"]


async def test_an_unexpected_error_is_answered_alike_without_its_text() -> None:
    token = {"Authorization": "Bearer resident"}
    answers = [
        await ask(app, "POST", "/api/v1/things", json={"word": "boom"}, headers=token)
        for app in (HOT, PLAIN, GENERAL)
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 500
    assert b"secret" not in answers[0][2]


@pytest.mark.parametrize("app", [HOT, PLAIN], ids=["hot", "plain"])
@pytest.mark.parametrize("path", ["/api/v1/things/free", "/api/v1/things/thg_1"])
async def test_an_unknown_query_parameter_is_named(app: ASGIApp, path: str) -> None:
    status, _, content = await ask(app, "GET", f"{path}?limt=3")
    assert status == 422
    assert orjson.loads(content)["errors"][0]["field"] == "query.limt"


async def test_how_a_hot_route_finds_its_arguments_is_worked_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("worked out for a request")

    monkeypatch.setattr("chassis.http.plain_route._Plan.__init__", refuse)
    assert (await ask(HOT, "GET", "/api/v1/things/free"))[0] == 200


@pytest.mark.parametrize("app", [HOT, PLAIN], ids=["hot", "plain"])
async def test_a_body_that_grows_too_large_is_no_error_of_the_service(app: ASGIApp) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(4):
            yield b" " * 100

    head = {"Authorization": "Bearer resident", "Content-Type": "application/json"}
    with capture_logs() as logs:
        answer = await ask(app, "POST", "/api/v1/things", content=pieces(), headers=head)
    assert (answer[0], logs) == (413, [])


def test_a_hot_route_that_is_not_plain_is_refused_at_startup() -> None:
    router = APIRouter(prefix="/things", route_class=PlainRoute)

    @router.get("/{id}")
    @hot
    async def get_thing(id: str, _: Annotated[Principal | None, anyone("a test")]) -> View:
        return View(word=id, number=1, by="all")

    assert get_thing
    (route,) = router.routes
    assert isinstance(route, PlainRoute)
    with pytest.raises(ValueError, match="more than a plain route"):
        assert route.is_hot


class Created(BaseModel):
    id: str


def created(mark: Callable[[Any], Any]) -> ASGIApp:
    router = APIRouter(prefix="/things", route_class=PlainRoute)

    @router.post("", status_code=201)
    @mark
    async def make(_: Annotated[Principal | None, anyone("a test")]) -> Created:
        return Created(id="thg_1")

    @router.post("/{id}/parts", status_code=201)
    async def make_part(id: str, _: Annotated[Principal | None, anyone("a test")]) -> Created:
        return Created(id=f"prt_{id}")

    @router.get("/{id}")
    @router.get("/{id}/parts/{part}")
    async def read(id: str, _: Annotated[Principal | None, anyone("a test")]) -> Created:
        return Created(id=id)

    @router.post("/{id}/notes", status_code=201)
    async def add_note(id: str, _: Annotated[Principal | None, anyone("a test")]) -> Created:
        return Created(id=id)

    @router.post("/nameless", status_code=201)
    async def nameless(_: Annotated[Principal | None, anyone("a test")]) -> View:
        return View(word="free", number=1, by="all")

    assert None not in (make, make_part, read, add_note, nameless)
    return application(router)[0]


def unmarked(endpoint: Any) -> Any:
    return endpoint


@pytest.mark.parametrize("app", [created(hot), created(unmarked)], ids=["hot", "plain"])
async def test_what_is_created_is_located(app: ASGIApp) -> None:
    _, plain, _ = await ask(app, "POST", "/api/v1/things")
    assert plain["location"] == "/api/v1/things/thg_1"
    _, general, _ = await ask(app, "POST", "/api/v1/things/thg_1/parts")
    assert general["location"] == "/api/v1/things/thg_1/parts/prt_thg_1"
    _, nameless, _ = await ask(app, "POST", "/api/v1/things/nameless")
    assert "location" not in nameless
    _, unreadable, _ = await ask(app, "POST", "/api/v1/things/thg_1/notes")
    assert "location" not in unreadable
