"""The running service: codes, sessions and refresh tokens under repeats, races and thefts."""

import asyncio
from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from services.registration.sign_in.cookie import REFRESH_COOKIE
from services.registration.tests.live import Client, Member, address, events_of, new_phone
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers


async def test_a_code_opens_one_account_and_one_session(client: Client) -> None:
    phone = new_phone()
    body = {"phone": f"+86 {phone[:3]}-{phone[3:]}", "code": await client.code(phone)}
    first, again = [
        await client.http.post("sessions", json=body, headers={"Idempotency-Key": "once-only-1"})
        for _ in range(2)
    ]
    other = await client.http.post(
        "sessions", json=body, headers={"Idempotency-Key": "once-only-2"}
    )
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    assert first.json()["account"]["grants"] == [
        {"role": "resident", "area": "3701", "squad": None, "until": None}
    ]
    assert other.json()["errors"][0]["field"] == "body.code"


async def test_of_many_at_once_with_one_code_one_is_let_in_to_one_account(
    client: Client, platform: WholePlatform
) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await client.code(phone)}
    answers = await asyncio.gather(*(client.http.post("sessions", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]
    first = next(answer for answer in answers if answer.status_code == 201)
    member = Member(client.http, first.json())
    sessions = (await member.call("GET", "sessions")).json()["items"]
    assert [session["current"] for session in sessions] == [True]
    assert (await member.call("DELETE", "sessions/current")).status_code == 204
    published = await events_of(platform, member.id, 2)
    assert [name for name, _ in published] == ["AccountOpened", "SessionRevoked"]


async def test_guesses_end_after_five_even_if_they_come_at_once(client: Client) -> None:
    phone = new_phone()
    code = await client.code(phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = await asyncio.gather(
        *(client.http.post("sessions", json={"phone": phone, "code": wrong}) for _ in range(9))
    )
    assert {answer.status_code for answer in answers} <= {422, 429}
    right = await client.http.post("sessions", json={"phone": phone, "code": code})
    assert right.status_code == 429
    too_soon = await client.http.post("sign-in-codes", json={"phone": phone})
    assert (too_soon.status_code, too_soon.json()["type"]) == (429, "urn:problem:code_too_soon")
    assert 1 <= int(too_soon.headers["Retry-After"]) <= 60


async def test_five_wrong_guesses_from_elsewhere_leave_the_owner_theirs(client: Client) -> None:
    """Case A20: the code was void, and a new one came after a minute only, ten times a day."""
    phone = new_phone()
    code = await client.code(phone)
    stranger = {"X-Caller-Address": address()}
    wrong = {"phone": phone, "code": f"{(int(code) + 1) % 1_000_000:06d}"}
    guesses = [await client.http.post("sessions", json=wrong, headers=stranger) for _ in range(7)]
    assert [guess.status_code for guess in guesses] == [422] * 5 + [429] * 2
    right = {"phone": phone, "code": code}
    refused = await client.http.post("sessions", json=right, headers=stranger)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:problem:code_tries_used")
    let_in = await client.http.post("sessions", json=right)
    assert let_in.status_code == 201


async def test_a_botnet_uses_up_a_code_and_the_owner_gets_in_all_the_same(client: Client) -> None:
    """From where they signed in before at once, from elsewhere with a new code without a wait."""
    phone, home = new_phone(), {"X-Caller-Address": address()}
    body = {"phone": phone, "code": await client.code(phone)}
    assert (await client.http.post("sessions", json=body, headers=home)).status_code == 201
    await client.forget_wait(phone)
    body["code"] = await client.code(phone)
    await use_up(client, body)
    other = await client.http.post("sessions", json=body, headers={"X-Caller-Address": address()})
    assert (other.status_code, other.json()["type"]) == (429, "urn:problem:code_tries_used")
    assert (await client.http.post("sessions", json=body, headers=home)).status_code == 201
    again = {"phone": new_phone()}
    again["code"] = await client.code(again["phone"])
    await use_up(client, again)
    again["code"] = await client.code(again["phone"])
    assert len(again["code"]) == 8, "after so many guesses in a day"
    assert (await client.http.post("sessions", json=again)).status_code == 201


async def use_up(client: Client, right: dict[str, str]) -> None:
    wrong = right | {"code": f"{(int(right['code']) + 1) % 1_000_000:06d}"}
    for _ in range(5):
        headers = {"X-Caller-Address": address()}
        for _ in range(5):
            await client.http.post("sessions", json=wrong, headers=headers)


async def test_forty_codes_for_forty_phones_from_one_address_are_five(client: Client) -> None:
    here, phones = {"X-Caller-Address": address()}, [new_phone() for _ in range(40)]
    asked = [client.http.post("sign-in-codes", json={"phone": p}, headers=here) for p in phones]
    answers = await asyncio.gather(*asked)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(202), statuses.count(429)) == (5, 35)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["type"] == "urn:problem:too_many"
    assert 0 < int(refused.headers["Retry-After"]) <= 10
    assert "秒后再试" in refused.json()["title"]
    neighbour = await client.http.post("sign-in-codes", json={"phone": new_phone()})
    assert neighbour.status_code == 202


async def test_a_wrong_form_costs_no_guess_and_a_typed_one_is_read(client: Client) -> None:
    """Cases A11 and A12."""
    phone, here = new_phone(), {"X-Caller-Address": address()}
    code = await client.code(phone)
    for form in (" ", "12345", "1234567", "abcdef", code + "0", ""):
        answer = await client.http.post("sessions", json={"phone": phone, "code": form})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.code")
    pasted = "\u202d" + "".join(chr(ord(digit) + 0xFEE0) for digit in phone) + "\u202c"
    body = {"phone": pasted, "code": f"{code[:3]} {code[3:]}\u200b "}
    assert (await client.http.post("sessions", json=body, headers=here)).status_code == 201


async def test_asking_again_sends_the_same_code_while_it_is_good(client: Client) -> None:
    """A stranger who asks for another cannot make the owner's worthless."""
    phone = new_phone()
    code = await client.code(phone)
    await client.forget_wait(phone)
    assert await client.code(phone) == code
    assert (
        await client.http.post("sessions", json={"phone": phone, "code": code})
    ).status_code == 201
    await client.forget_wait(phone)
    assert await client.code(phone) != code, "it has opened a session"


async def test_two_tabs_that_refresh_at_once_get_the_same_pair(client: Client) -> None:
    """Case A19: one of them got 401, and the winner's new token was dead as well."""
    member = await client.stranger()
    answers = await asyncio.gather(member.refresh(), member.refresh())
    assert [answer.status_code for answer in answers] == [201, 201]
    one, other = (answer.json() for answer in answers)
    assert one["refresh_token"] == other["refresh_token"]
    assert one["access_token"] == other["access_token"]
    now = Member(client.http, one)
    assert (await now.call("GET", "accounts/me")).status_code == 200
    assert (await now.refresh()).status_code == 201


async def test_a_used_refresh_token_ends_the_session_but_a_repeated_request_does_not(
    client: Client,
) -> None:
    member = await client.stranger()
    first, again = [await member.refresh("refresh-repeat") for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    now = Member(client.http, (await Member(client.http, first.json()).refresh()).json())
    assert (await member.refresh()).status_code == 401, "the first token was used, twice removed"
    assert (await now.refresh()).status_code == 401, "so the session is over"


async def test_a_browser_s_refresh_token_is_in_a_cookie_that_no_script_and_no_other_site_has(
    client: Client,
) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await client.code(phone)}
    opened = await client.http.post("sessions/browser", json=body)
    assert opened.status_code == 201, opened.text
    first = _cookie(opened)
    assert "refresh_token" not in opened.json()
    assert {first["secure"], first["httponly"]} == {True}
    assert first["samesite"].lower() == "strict"
    assert first["path"] == "/api/v1/sessions"
    next_one = await _refresh(client, first.value)
    assert next_one.status_code == 201, next_one.text
    assert _cookie(next_one).value != first.value
    member = Member(client.http, next_one.json())
    assert (await member.call("GET", "accounts/me")).status_code == 200
    ended = await member.call("DELETE", "sessions/current")
    assert (_cookie(ended).value, _cookie(ended)["max-age"]) == ("", "0")
    assert (await _refresh(client, _cookie(next_one).value)).status_code == 401


async def test_nobody_s_browser_session_is_refreshed_by_a_form_of_another_site(
    client: Client,
) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await client.code(phone)}
    cookie = _cookie(await client.http.post("sessions/browser", json=body)).value
    headers = {"Cookie": f"{REFRESH_COOKIE}={cookie}"}
    forged = await client.http.post("sessions/browser/refresh", headers=headers)
    assert forged.status_code == 422
    assert "set-cookie" not in forged.headers
    assert (await _refresh(client, cookie)).status_code == 201, "the forged one changed nothing"
    assert (await _refresh(client, "")).status_code == 401


def _cookie(answer: httpx.Response) -> Morsel[str]:
    return SimpleCookie(answer.headers["set-cookie"])[REFRESH_COOKIE]


async def _refresh(client: Client, cookie: str) -> httpx.Response:
    headers = {"X-Requested-By": "app", "Cookie": f"{REFRESH_COOKIE}={cookie}"}
    return await client.http.post("sessions/browser/refresh", headers=headers)


async def test_signing_out_ends_refreshing(client: Client) -> None:
    member = await client.stranger()
    assert (await member.call("DELETE", "sessions/current")).status_code == 204
    # The service may have heard of its own revocation by now, and refuse the token.
    assert (await member.call("DELETE", "sessions/current")).status_code in (204, 401)
    assert (await member.refresh()).status_code == 401


async def test_messages_need_the_developer_s_key(client: Client) -> None:
    assert (await client.http.get("dev/messages?phone=12000899999")).status_code == 403
