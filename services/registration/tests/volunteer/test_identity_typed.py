"""Names and ID numbers as people type them, on the running service."""

from typing import Any

import pytest

from services.registration.tests.live import Client, application
from services.registration.tests.people import id_number

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id_number": "370104209901010030"}, "body.id_number"),  # born in 2099 (A14)
        ({"id_number": "370199195612150004"}, "body.id_number"),  # no division
        ({"name": "\u200b\u200b"}, "body.name"),  # (A15)
        ({"name": "\u202e\u202c"}, "body.name"),
        ({"name": "…"}, "body.name"),
    ],
)
async def test_what_nobody_has_is_refused(
    client: Client, wrong: dict[str, Any], field: str
) -> None:
    who = await client.stranger()
    answer = await who.call("POST", "volunteers", application(**wrong))
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_id_number_is_read_as_it_is_seen(client: Client) -> None:
    """Case A13, with the digits of full width too."""
    who, number = await client.stranger(), id_number(5001)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    typed = {"id_number": f"\u202d{wide[:6]} {wide[6:]}\u202c", "name": " \u202e测试\u200b乙 "}
    applied = await who.call("POST", "volunteers", application(**typed))
    assert applied.status_code == 201, applied.text
    assert (await who.call("GET", "accounts/me")).json()["name"] == "测试乙"
    assert applied.json()["birth_year"] == int(number[6:10])


@pytest.mark.parametrize("year", [2099, 1905])
async def test_nobody_is_born_in_that_year(client: Client, year: int) -> None:
    who = await client.stranger()
    answer = await who.call("PATCH", "accounts/me", {"birth_year": year})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.birth_year")
    named = await who.call("PATCH", "accounts/me", {"name": "\u200b\u200b"})
    assert named.status_code == 422
