"""The cause of a request: from its `Idempotency-Key`, or unique."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from chassis.tests.http.app import client_of, post


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of({}) as opened:
        yield opened


async def test_a_key_gives_the_cause_and_the_body_its_mark(client: httpx.AsyncClient):
    key = {"Idempotency-Key": "12345678"}
    first = (await post(client, {"number": 1}, **key)).json()
    again = (await post(client, {"number": 1}, **key)).json()
    other = (await post(client, {"number": 2}, **key)).json()
    assert first == again
    assert other["cause"] == first["cause"]
    assert other["mark"] != first["mark"]


async def test_without_a_key_each_request_is_a_cause_of_its_own(client: httpx.AsyncClient):
    one, two = [(await post(client, {"number": 1})).json() for _ in range(2)]
    assert one["cause"] != two["cause"]


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space in it", "tab\tinside-it"])
async def test_an_invalid_key_is_named(client: httpx.AsyncClient, key: str):
    answer = await post(client, {"number": 1}, **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"
