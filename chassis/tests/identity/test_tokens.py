"""Access tokens: only the issuer's, for this audience, not expired, by the one algorithm."""

import base64
import hmac
import time
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.clock import Clock
from chassis.domain import Refusal
from chassis.errors import Unavailable
from chassis.identity.guards import Principal, require
from chassis.identity.revocations import MAX_TOKEN_SECONDS
from chassis.identity.tokens import Verifier
from contracts.access import Grant

KEY = ECKey.generate_key("P-256", {"kid": "k1"})
OTHER = ECKey.generate_key("P-256", {"kid": "k2"})
NOWHERE = "http://127.0.0.1:1/jwks.json"


def claims(**changed: Any) -> dict[str, Any]:
    good = {
        "iss": "quancheng",
        "aud": "quancheng-api",
        "sub": "acc_1",
        "sid": "ses_1",
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
        "grants": [{"role": "officer", "area": "370104009"}],
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def sign(key: Any = KEY, alg: str = "ES256", kid: str = "k1", **changed: Any) -> str:
    return jwt.encode({"alg": alg, "kid": kid}, claims(**changed), key, algorithms=[alg])


def raw(header: dict[str, Any], body: dict[str, Any], signature: bytes = b"") -> str:
    parts = (orjson.dumps(header), orjson.dumps(body), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def verifier(*keys: Any) -> Verifier:
    return Verifier(NOWHERE, "quancheng", "quancheng-api", keys=KeySet(list(keys or (KEY,))))


async def refused(token: str, by: Verifier | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await (by or verifier()).verify(token)
    return caught.value


async def test_a_valid_token_gives_its_principal():
    who = await verifier().verify(sign())
    assert (who.subject, who.session) == ("acc_1", "ses_1")
    assert who.grants == (Grant(role="officer", area="370104009"),)
    assert 590 < who.until - time.time() <= 600


async def test_a_token_without_an_algorithm_is_refused():
    assert (await refused(raw({"alg": "none"}, claims()))).code == "token_invalid"
    assert (await refused(raw({"alg": "none", "kid": "k1"}, claims()))).code == "token_invalid"


async def test_the_public_key_as_a_shared_secret_is_refused():
    header = {"alg": "HS256", "kid": "k1"}
    for secret in (KEY.as_pem(private=False), orjson.dumps(KEY.as_dict(private=False)), b""):
        signed = raw(header, claims()).rpartition(".")[0]
        forged = raw(header, claims(), hmac.digest(secret, signed.encode(), "sha256"))
        assert (await refused(forged)).code == "token_invalid"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "somebody-else"},
        {"aud": None},
        {"iss": "somebody-else"},
        {"iss": None},
        {"sub": None},
        {"sid": None},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"iat": None},
        {"iat": "just now"},
        {"iat": int(time.time()) - MAX_TOKEN_SECONDS},
        {"grants": None},
        {"grants": [{"role": "emperor", "area": "1"}]},
        {"grants": "officer"},
        {"exp": "soon"},
    ],
    ids=str,
)
async def test_a_signed_token_with_wrong_claims_is_refused(changed: dict[str, Any]):
    assert (await refused(sign(**changed))).code == "token_invalid"


async def test_another_key_under_a_known_id_is_refused():
    assert (await refused(sign(OTHER, kid="k1"))).code == "token_invalid"


async def test_an_unknown_key_is_refused():
    assert (await refused(sign(OTHER, kid="k2"))).code == "token_invalid"


@pytest.mark.parametrize(
    "token", ["", "a", "a.b.c", "....", "x" * 10_000, raw({"alg": "ES256"}, {}, b"x" * 64), "é.ü.ñ"]
)
async def test_garbage_is_refused(token: str):
    assert (await refused(token)).code == "token_invalid"


async def test_a_changed_body_is_refused():
    head, _, signature = sign().split(".")
    body = base64.urlsafe_b64encode(orjson.dumps(claims(sub="acc_2"))).rstrip(b"=").decode()
    assert (await refused(f"{head}.{body}.{signature}")).code == "token_invalid"


async def test_a_remembered_token_is_refused_once_expired():
    now = time.time()
    by = Verifier(NOWHERE, "quancheng", "quancheng-api", keys=KeySet([KEY]), now=lambda: now)
    token = sign(exp=int(now) + 5)
    await by.verify(token)
    now += 100
    assert (await refused(token, by)).code == "token_invalid"


async def test_without_keys_verification_is_unavailable():
    with pytest.raises(Unavailable):
        await Verifier(NOWHERE, "quancheng", "quancheng-api").verify(sign())


def test_a_grant_covers_its_area_and_a_leader_their_own_squad():
    officer = Principal(subject="a", session="s", grants=(Grant(role="officer", area="370104009"),))
    assert officer.may("report.manage", "370104009008")
    assert not officer.may("report.manage", "370104010001")
    assert not officer.may("report.manage", "370104")
    assert not officer.may("report.manage", "370104009008", "committee")
    assert not officer.may("technical.read", "370104009008")
    leader = Principal(
        subject="b", session="s", grants=(Grant(role="leader", area="370104009", squad="squ_1"),)
    )
    assert leader.may("callout.command", "370104009008", squad="squ_1")
    assert leader.may("person.read", "370104010001", squad="squ_1"), (
        "lives in another street of the station"
    )
    assert not leader.may("callout.command", "370104009008", squad="squ_2")
    assert not leader.may("callout.command", "370104009008")
    with pytest.raises(Refusal):
        require(leader.may("callout.command", "370104009008", squad="squ_2"))


@pytest.mark.faults
@pytest.mark.parametrize("offset", [-3600, 3600])
async def test_expiry_follows_the_stores_clock_on_a_machine_whose_clock_is_wrong(
    monkeypatch: pytest.MonkeyPatch, offset: float
):
    """A valid token is accepted and an expired one refused, new or remembered."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + offset)
    clock = Clock()

    async def store_time() -> datetime:
        return datetime.fromtimestamp(right(), UTC)

    await clock.sync(store_time)
    passed = 0.0
    by_store_time = Verifier(
        NOWHERE, "quancheng", "quancheng-api", keys=KeySet([KEY]), now=lambda: clock.real() + passed
    )
    good = sign(iat=int(right()), exp=int(right()) + 600)
    assert (await by_store_time.verify(good)).subject == "acc_1"
    assert (
        await refused(sign(iat=int(right()) - 600, exp=int(right()) - 60), by_store_time)
    ).code == "token_invalid"
    passed = 700
    assert (await refused(good, by_store_time)).code == "token_invalid"
