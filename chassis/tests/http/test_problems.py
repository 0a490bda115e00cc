"""Errors, limits and keys at the edge of a service, over HTTP."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure
from redis.exceptions import BusyLoadingError

from chassis.domain import Cause, Refusal
from chassis.errors import is_transient
from chassis.http import problems
from chassis.http.idempotency import RequestCause
from chassis.http.middleware import RequestMiddleware


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[float, Field(allow_inf_nan=False, le=10)]
    word: Annotated[str, Field(max_length=5)] = ""


@pytest.fixture
async def client() -> Any:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(RequestMiddleware, max_bytes=200)
    causes: list[Cause] = []

    @app.post("/things")
    async def make(body: Body, cause: RequestCause) -> dict[str, str]:
        causes.append(cause)
        if body.word == "away":
            raise AutoReconnect("the store is away")
        if body.word == "boom":
            raise RuntimeError("a secret in the text of an error")
        if body.word == "no":
            raise Refusal("wrong_state", fields={"body.word": "problem.not_found"}, state="closed")
        return {"cause": cause.id, "mark": cause.mark}

    assert make is not None
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def post(client: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    return await client.post("/things", json=body, headers=headers)


async def test_a_problem_names_the_field_in_both_languages(client: httpx.AsyncClient):
    answer = await post(client, {"number": 1, "word": "no"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "urn:problem:wrong_state"
    assert ("已办结" in told["title"], "closed" in told["title_en"]) == (True, True)
    assert told["errors"] == [
        {"field": "body.word", "problem": "没有找到", "problem_en": "Not found"}
    ]
    assert "body.word" in told["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"number": {"$ne": 1}}, "body.number"),
        ({"number": 1e9}, "body.number"),
        ({"number": 1, "word": "x" * 6}, "body.word"),
        ({"number": 1, "more": 1}, "body.more"),
        ({}, "body.number"),
        ([1], "body"),
    ],
)
async def test_what_is_wrong_is_named_and_the_value_is_not_repeated(
    client: httpx.AsyncClient, body: Any, field: str
):
    answer = await post(client, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert "xxxxxx" not in answer.text


@pytest.mark.parametrize(
    "raw", [b'{"number": NaN}', b'{"number": Infinity}', b"{", b"\xff\xfe", b""]
)
async def test_what_is_no_number_or_no_json_is_a_bad_request(client: httpx.AsyncClient, raw: bytes):
    answer = await client.post("/things", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_large_body_is_refused_with_and_without_a_length(client: httpx.AsyncClient):
    large = b'{"number": 1, "word": "' + b"x" * 300 + b'"}'

    async def chunks() -> AsyncGenerator[bytes]:
        for n in range(0, len(large), 50):
            yield large[n : n + 50]

    contents: list[bytes | AsyncGenerator[bytes]] = [large, chunks()]
    for content in contents:
        answer = await client.post(
            "/things", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["field"] == "body"


async def test_a_store_that_is_away_is_503_and_a_surprise_is_500_without_its_text(
    client: httpx.AsyncClient,
):
    away = await post(client, {"number": 1, "word": "away"})
    assert (away.status_code, away.headers["retry-after"]) == (503, "1")
    surprise = await post(client, {"number": 1, "word": "boom"})
    assert surprise.status_code == 500
    assert "secret" not in surprise.text


@pytest.mark.parametrize(
    ("details", "away"),
    [
        (
            {"writeConcernErrors": [{"code": 64}], "writeErrors": [{"code": 11000}]},
            True,
        ),  # nobody was promised anything
        (
            {"writeErrors": [{"code": 11602}, {"code": 10107}]},
            True,
        ),  # the primary went in the midst of it
        ({"writeErrors": [{"code": 11602}, {"code": 11000}]}, False),
        ({"writeErrors": []}, False),
    ],
)
def test_many_writes_that_met_a_change_of_primary_may_be_tried_again(
    details: dict[str, Any], away: bool
):
    assert is_transient(BulkWriteError(details)) is away


@pytest.mark.parametrize(
    ("code", "away"), [(134, True), (43, True), (13436, True), (121, False), (2, False)]
)
def test_a_store_without_a_primary_is_away_and_one_that_refuses_is_not(code: int, away: bool):
    assert is_transient(OperationFailure("refused", code)) is away


async def test_what_is_not_there_is_a_problem_too(client: httpx.AsyncClient):
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:not_found")
    assert (await client.get("/things")).headers["content-type"] == "application/problem+json"


async def test_a_key_makes_the_same_cause_and_its_body_the_mark(client: httpx.AsyncClient):
    key = {"Idempotency-Key": "12345678"}
    first = (await post(client, {"number": 1}, **key)).json()
    again = (await post(client, {"number": 1}, **key)).json()
    other = (await post(client, {"number": 2}, **key)).json()
    assert first == again
    assert other["cause"] == first["cause"]
    assert other["mark"] != first["mark"]
    assert (await post(client, {"number": 1})).json()["cause"] != (
        await post(client, {"number": 1})
    ).json()["cause"]


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space in it", "tab\tinside-it"])
async def test_a_key_of_the_wrong_form_is_named(client: httpx.AsyncClient, key: str):
    answer = await post(client, {"number": 1}, **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"


def test_what_passes_is_told_from_what_does_not():
    assert is_transient(TimeoutError())
    assert is_transient(BusyLoadingError())
    assert is_transient(OperationFailure("no primary", 10107))
    assert not is_transient(OperationFailure("bad query", 2))
    assert is_transient(
        RuntimeError(
            "unable to perform operation on <TCPTransport closed=True>; the handler is closed"
        )
    )
    assert not is_transient(ValueError())
    assert not is_transient(RuntimeError("anything else"))
