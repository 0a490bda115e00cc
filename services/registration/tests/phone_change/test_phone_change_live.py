"""The running service: an account moves to another phone."""

import pytest

from services.registration.tests.live import Client, new_phone
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers


async def _told(client: Client, platform: WholePlatform, phone: str) -> str:
    """The latest message to a phone."""
    kept = await client.http.get(
        "dev/messages", params={"phone": phone}, headers={"X-Dev-Key": platform.dev_key}
    )
    return kept.json()["items"][0]["text"]


async def test_an_account_moves_to_another_phone_and_the_old_one_is_told(
    client: Client, platform: WholePlatform
) -> None:
    old, new = new_phone(), new_phone()
    member = await client.sign_in(old)
    code = await client.code(new)
    wrong = await member.call("POST", "accounts/me/phone", {"phone": new, "code": "000000"})
    assert wrong.status_code == 422
    body = {"phone": new, "code": code}
    moved = await member.call("POST", "accounts/me/phone", body)
    assert (moved.status_code, moved.json()["phone"]) == (200, f"+86{new}"), moved.text
    assert "另一个手机号" in await _told(client, platform, old)
    again = await member.call("POST", "accounts/me/phone", body)
    assert again.status_code == 200, "a repeat changes nothing"
    await client.forget_wait(new)
    assert (await client.sign_in(new)).id == member.id
    await client.forget_wait(old)
    assert (await client.sign_in(old)).id != member.id, "the old number is somebody else's now"


async def test_other_sessions_end_and_the_one_that_asked_stays(client: Client) -> None:
    old, new = new_phone(), new_phone()
    lost = await client.sign_in(old)
    await client.forget_wait(old)
    member = await client.sign_in(old)
    code = await client.code(new)
    await member.call("POST", "accounts/me/phone", {"phone": new, "code": code})
    assert (await lost.refresh()).status_code == 401
    assert (await member.refresh()).status_code == 201


async def test_a_phone_of_somebody_else_is_not_taken(client: Client) -> None:
    taken = new_phone()
    other, member = await client.sign_in(taken), await client.stranger()
    await client.forget_wait(taken)
    code = await client.code(taken)
    refused = await member.call("POST", "accounts/me/phone", {"phone": taken, "code": code})
    assert refused.status_code == 409
    assert (await client.sign_in_again(taken, code)).id == other.id
