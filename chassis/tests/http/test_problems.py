"""Errors and limits as problem documents, over HTTP."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect, OperationFailure
from redis.exceptions import ConnectionError as RedisConnectionError

from chassis.domain import Refusal
from chassis.errors import (
    AlreadyExists,
    CauseReused,
    Conflict,
    DuplicateKey,
    NotFound,
    Overloaded,
    Unavailable,
)
from chassis.tests.http.app import client_of, post

STORAGE: dict[str, tuple[Exception, int, str, str | None]] = {
    "gone": (NotFound("thg_1"), 404, "not_found", None),
    "taken": (AlreadyExists("thg_1"), 409, "already_exists", None),
    "same": (DuplicateKey({"phone": 1}), 409, "already_exists", None),
    "race": (Conflict("thg_1"), 409, "conflict", "1"),
    "reuse": (CauseReused(), 422, "key_reused", None),
    "full": (Overloaded(), 503, "unavailable", "1"),
    "later": (Unavailable("signing keys", retry_after=7), 503, "unavailable", "7"),
    "mongo": (AutoReconnect("unavailable"), 503, "unavailable", "1"),
    "redis": (RedisConnectionError("unavailable"), 503, "unavailable", "1"),
    "kafka": (KafkaConnectionError("unavailable"), 503, "unavailable", "1"),
    "slow": (TimeoutError(), 503, "unavailable", "1"),
    "query": (OperationFailure("a secret in an error", 2), 500, "unexpected", None),
    "boom": (RuntimeError("a secret in an error"), 500, "unexpected", None),
}
"""By the word that asks for it: the error, and the status, code and Retry-After of its answer."""
FAILURES = {word: error for word, (error, *_) in STORAGE.items()} | {
    "no": Refusal("wrong_state", fields={"body.word": "problem.not_found"}, state="closed"),
    "wrong": Refusal("cursor_invalid", "body.word"),
    "stop": Refusal("conflict"),
    "wait": Refusal("unavailable", retry_after=30),
}


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(FAILURES) as opened:
        yield opened


async def test_a_problem_names_the_field_in_both_languages(client: httpx.AsyncClient):
    answer = await post(client, {"number": 1, "word": "no"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == "urn:problem:wrong_state"
    assert ("已办结" in document["title"], "closed" in document["title_en"]) == (True, True)
    assert document["errors"] == [
        {"field": "body.word", "problem": "没有找到", "problem_en": "Not found"}
    ]
    assert "body.word" in document["detail"]


@pytest.mark.parametrize(
    ("word", "status", "retry_after"),
    [("wrong", 422, None), ("stop", 409, None), ("wait", 503, "30")],
)
async def test_a_refusal_has_its_status_from_the_catalogue_or_by_default(
    client: httpx.AsyncClient, word: str, status: int, retry_after: str | None
):
    """Without one in the catalogue: 422 where a field is named, else 409."""
    answer = await post(client, {"number": 1, "word": word})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers.get("retry-after") == retry_after


@pytest.mark.parametrize("word", STORAGE)
async def test_an_error_of_the_store_or_the_bus_is_a_problem(client: httpx.AsyncClient, word: str):
    _, status, code, retry_after = STORAGE[word]
    answer = await post(client, {"number": 1, "word": word})
    document = answer.json()
    assert (answer.status_code, document["type"]) == (status, f"urn:problem:{code}")
    assert document["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("retry-after") == retry_after
    assert "secret" not in answer.text
    assert "thg_1" not in answer.text
    assert "phone" not in answer.text


async def test_a_reused_key_names_the_header(client: httpx.AsyncClient):
    answer = await post(client, {"number": 1, "word": "reuse"})
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"


async def test_an_unavailable_store_is_counted_as_503(client: httpx.AsyncClient):
    def count() -> float:
        labels = {"method": "POST", "route": "/things", "status": "503"}
        return REGISTRY.get_sample_value("http_request_seconds_count", labels) or 0

    before = count()
    await post(client, {"number": 1, "word": "mongo"})
    assert count() == before + 1


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
async def test_a_wrong_field_is_named_and_its_value_not_repeated(
    client: httpx.AsyncClient, body: Any, field: str
):
    answer = await post(client, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert "xxxxxx" not in answer.text


@pytest.mark.parametrize(
    "raw", [b'{"number": NaN}', b'{"number": Infinity}', b"{", b"\xff\xfe", b""]
)
async def test_invalid_json_and_numbers_are_refused(client: httpx.AsyncClient, raw: bytes):
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


async def test_an_unknown_path_or_method_is_a_problem(client: httpx.AsyncClient):
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:no_such_path")
    answer = await client.get("/things")
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:problem:method_not_allowed")
    assert (answer.headers["content-type"], answer.headers["allow"]) == (
        "application/problem+json",
        "POST",
    )


@pytest.mark.parametrize("said", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_another_content_type_is_told_as_what_it_is(
    client: httpx.AsyncClient, said: str | None
):
    headers = {"content-type": said} if said else {}
    answer = await client.post("/things", content=b'{"number": 1}', headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:problem:media_type")
    (error,) = answer.json()["errors"]
    assert error["field"] == "header.Content-Type"
    assert "application/json" in error["problem"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "必须填写"),
        ({"number": "x"}, "须为数字"),
        ({"number": 11}, "不能大于 10"),
        ({"number": 1, "word": "x" * 6}, "过长，最多 5 个字"),
        ({"number": 1, "more": 1}, "没有这个字段，请删去"),
        ([1], "须为一组字段"),
    ],
)
async def test_what_would_be_right_is_said_in_words(
    client: httpx.AsyncClient, body: Any, problem: str
):
    assert (await post(client, body)).json()["errors"][0]["problem"] == problem


async def test_broken_json_is_told_as_what_it_is(client: httpx.AsyncClient):
    headers = {"content-type": "application/json"}
    answer = await client.post("/things", content=b'{"number": ', headers=headers)
    assert answer.json()["errors"] == [
        {
            "field": "body",
            "problem": "须为可读的 JSON",
            "problem_en": "Must be JSON that can be read",
        }
    ]
