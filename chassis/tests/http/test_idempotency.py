"""The cause of a request: from its `Idempotency-Key`, or unique."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from chassis.tests.http.app import client_of, post
from contracts.access import Principal


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of({}) as opened:
        yield opened


RANDOM = "1b4e28ba-2fa1-4d2b-883f-0016d3cca427"


async def caused(
    client: httpx.AsyncClient, number: int, key: str, address: str = "203.0.113.7"
) -> dict[str, str]:
    headers = {"Idempotency-Key": key, "X-Caller-Address": address}
    return (await post(client, {"number": number}, **headers)).json()


async def test_a_key_of_an_account_gives_the_cause_and_the_body_its_mark():
    who = Principal(subject="acc_1", session="ses_1")
    async with client_of({}, who) as client:
        first, again, other = [await caused(client, number, "12345678") for number in (1, 1, 2)]
        assert first == again
        assert (other["cause"], other["mark"] != first["mark"]) == (first["cause"], True)
        moved = await caused(client, 1, "12345678", "198.51.100.1")
        assert moved == first, "a phone changes its network"


@pytest.mark.parametrize("key", [RANDOM, RANDOM.replace("-", ""), "q8Zr2mX0vK7uYb3NwL5tPg"])
async def test_without_an_account_a_random_key_is_the_phone_s_own(
    client: httpx.AsyncClient, key: str
):
    first, again, other = [await caused(client, number, key) for number in (1, 1, 2)]
    assert first == again == await caused(client, 1, key, "198.51.100.1")
    assert (first["cause"] != other["cause"], first["proven"]) == (True, True)


@pytest.mark.parametrize("key", ["12345678", "0" * 32, "retry-1", "1234567890abcdef", "a" * 128])
async def test_without_an_account_an_easy_key_is_no_proof(client: httpx.AsyncClient, key: str):
    """K17: a second phone with the same key got the first one's answer."""
    key = key.ljust(8, "x")
    first = await caused(client, 1, key)
    assert first == await caused(client, 1, key), "a repeat changes nothing"
    assert first["proven"] is False
    causes = [await caused(client, 1, key, "198.51.100.1"), await caused(client, 2, key)]
    assert first["cause"] not in [other["cause"] for other in causes]


async def test_without_a_key_each_request_is_a_cause_of_its_own(client: httpx.AsyncClient):
    one, two = [(await post(client, {"number": 1})).json() for _ in range(2)]
    assert one["cause"] != two["cause"]


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space in it", "tab\tinside-it"])
async def test_an_invalid_key_is_named(client: httpx.AsyncClient, key: str):
    answer = await post(client, {"number": 1}, **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"
