"""Only a token that registration signed, for this audience and not expired, gives access."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.journeys.station import Station
from tests.security.problems import assert_problem
from tests.support.client import API, Api, new_phone
from tests.support.phone import Phone
from tests.support.platform import WholePlatform


def encoded_part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def decoded_part(token: str, index: int) -> dict[str, Any]:
    piece = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))


def officer_claims(token: str, **changes: Any) -> dict[str, Any]:
    """The claims of a city-wide officer, which the token's owner is not."""
    return decoded_part(token, 1) | {"grants": [{"role": "officer", "area": "3701"}]} | changes


def hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed = f"{encoded_part(header | {'alg': 'HS256'})}.{encoded_part(claims)}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


async def forgeries(phone: Phone, web: httpx.AsyncClient, own_key: str) -> dict[str, str]:
    """Name -> token. `own_key`: the platform's signing key, for tokens that are signed correctly
    but invalid otherwise."""
    token = phone.person.token
    header, jwks = decoded_part(token, 0), (await web.get("/.well-known/jwks.json")).json()
    public, real, fake = (
        ECKey.import_key(jwks["keys"][0]),
        ECKey.import_key(own_key),
        ECKey.generate_key("P-256"),
    )
    es256 = {"alg": "ES256", "kid": header["kid"]}
    past, claims = int(time.time()) - 3600, officer_claims(token)
    unsigned, signature = encoded_part({"alg": "none"}), token.split(".")[2]
    with_key_id = encoded_part(header | {"alg": "none"})
    return {
        "none": f"{unsigned}.{encoded_part(claims)}.",
        "none with the key's id": f"{with_key_id}.{encoded_part(claims)}.{signature}",
        "HS256 with the public key": hs256(header, claims, public.as_pem(private=False)),
        "HS256 with the key set": hs256(header, claims, json.dumps(jwks["keys"][0]).encode()),
        "other claims, old signature": ".".join(
            [token.split(".")[0], encoded_part(claims), token.split(".")[2]]
        ),
        "another key": jwt.encode(es256, claims, fake),
        "another key embedded in the header": jwt.encode(
            es256 | {"jwk": fake.as_dict(private=False)}, claims, fake
        ),
        "unknown key id": jwt.encode(es256 | {"kid": "nobody"}, claims, fake),
        "expired": jwt.encode(es256, claims | {"exp": past}, real),
        "never expires": jwt.encode(es256, {k: v for k, v in claims.items() if k != "exp"}, real),
        "wrong audience": jwt.encode(es256, claims | {"aud": "another-api"}, real),
        "no audience": jwt.encode(es256, {k: v for k, v in claims.items() if k != "aud"}, real),
        "wrong issuer": jwt.encode(es256, claims | {"iss": "stranger"}, real),
        "no subject": jwt.encode(es256, {k: v for k, v in claims.items() if k != "sub"}, real),
        "grants of the wrong form": jwt.encode(es256, claims | {"grants": "officer"}, real),
        "not a token": "x.y.z",
        "empty parts": "..",
    }


@pytest.mark.parametrize("service", ["gateway", "incidents", "dispatch", "notify", "registration"])
async def test_forged_tokens_are_refused_at_the_gateway_and_behind_it(
    station: Station, web: httpx.AsyncClient, somebody: Phone, platform: WholePlatform, service: str
):
    path = {"incidents": "reports?mine=true", "dispatch": "callouts?mine=true", "notify": "inbox"}
    url = f"http://127.0.0.1:{platform.ports.of(service)}{API}/{path.get(service, 'accounts/me')}"
    good = await web.get(url, headers=await somebody.person.headers())
    assert good.status_code in (200, 403), good.text
    for name, token in (await forgeries(somebody, web, platform.secrets.signing_key)).items():
        answer = await web.get(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, f"{name}: {answer.status_code} {answer.text}"
        assert_problem(answer, 401)
    for value in ("Basic eDp5", "Bearer", f"bearer{somebody.person.token}"):
        assert_problem(await web.get(url, headers={"Authorization": value}), 401)
    assert_problem(await web.get(url), 401)


async def test_a_wrong_code_gives_no_session_and_the_right_one_gives_one(
    station: Station, web: httpx.AsyncClient, platform: WholePlatform
):
    phone = new_phone()
    sent = await web.post(f"{API}/sign-in-codes", json={"phone": phone})
    assert sent.status_code == 202, sent.text
    shown = await web.get(
        f"{API}/dev/messages", params={"phone": phone}, headers={"X-Dev-Key": platform.dev_key}
    )
    code = shown.json()["items"][0]["code"]
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
    assert_problem(
        await web.post(f"{API}/sessions", json={"phone": phone, "code": wrong}), (401, 422), "code"
    )
    for bad in ({"$ne": ""}, "", "12345678901234567890", None):
        assert_problem(
            await web.post(f"{API}/sessions", json={"phone": phone, "code": bad}), 422, "code"
        )
    opened = await web.post(f"{API}/sessions", json={"phone": phone, "code": code})
    assert opened.status_code == 201, opened.text
    assert_problem(
        await web.post(f"{API}/sessions", json={"phone": phone, "code": code}), (401, 422), "code"
    )


async def test_codes_cannot_be_guessed(web: httpx.AsyncClient, station: Station):
    phone = new_phone()
    assert (await web.post(f"{API}/sign-in-codes", json={"phone": phone})).status_code == 202
    answers = [
        await web.post(f"{API}/sessions", json={"phone": phone, "code": f"{n:06d}"})
        for n in range(12)
    ]
    assert {answer.status_code for answer in answers} <= {401, 422, 429}
    assert answers[-1].json()["type"] != answers[0].json()["type"], "attempts are counted"


async def test_codes_are_shown_to_the_developer_only(web: httpx.AsyncClient, station: Station):
    phone = new_phone()
    assert (await web.post(f"{API}/sign-in-codes", json={"phone": phone})).status_code == 202
    for headers in ({}, {"X-Dev-Key": "guess"}):
        answer = await web.get(f"{API}/dev/messages", params={"phone": phone}, headers=headers)
        assert_problem(answer, (401, 403, 404))


async def test_a_reused_refresh_token_ends_the_session(api: Api, web: httpx.AsyncClient):
    """The one before the present gives the same pair for some seconds; an older one is stolen."""
    first = (await api.sign_in(new_phone())).refresh_token
    second = await _following(web, first)
    third = await _following(web, second)
    assert await _following(web, second) == third
    for token in (first, third):
        body = {"refresh_token": token}
        assert_problem(await web.post(f"{API}/sessions/refresh", json=body), 401)


async def _following(web: httpx.AsyncClient, token: str) -> str:
    answer = await web.post(f"{API}/sessions/refresh", json={"refresh_token": token})
    assert answer.status_code == 201, answer.text
    return answer.json()["refresh_token"]
