"""What registration signs, the verifier of every service takes; and nothing else."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.clock import Clock
from chassis.domain import Refusal
from chassis.identity.tokens import Verifier
from deploy.gateway.plan import Limits
from services.registration.account.domain import Account, HeldGrant, Session, new_account
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.session import new_session
from services.registration.sign_in.tokens import RefreshToken, SigningKeys, Tokens, public

ISSUER, AUDIENCE = "quancheng", "quancheng-api"
PERSONAL = PersonalData(FieldCipher("11" * 32, "22" * 32))
CLOCK = Clock()
LIFETIME_S = POLICIES.at(CLOCK.now()).access_token_lifetime_s
KEYS = SigningKeys("")
TOKENS = Tokens(KEYS, PERSONAL, CLOCK, ISSUER, AUDIENCE)
ACCOUNT_ID, SESSION_ID = "acc_" + "0" * 20, "ses_" + "1" * 20


def session() -> Session:
    return new_session(SESSION_ID, "salt", CLOCK.now(), POLICIES.at(CLOCK.now()))


def account(*grants: HeldGrant) -> Account:
    new = new_account(ACCOUNT_ID, "sealed")
    return new.with_(grants=(*new.grants, *grants), sessions=(session(),))


def verifier(keys: SigningKeys = KEYS) -> Verifier:
    return Verifier("http://nowhere.invalid", ISSUER, AUDIENCE, keys=keys.published)


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": ACCOUNT_ID,
        "sid": SESSION_ID,
        "iat": now,
        "exp": now + 600,
        "grants": [],
    } | more


def signed(payload: dict[str, Any], key: ECKey | None = None) -> str:
    key = key or KEYS.signing
    return jwt.encode({"alg": "ES256", "kid": KEYS.signing.kid}, payload, key, algorithms=["ES256"])


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def refused(token: str) -> None:
    with pytest.raises(Refusal) as problem:
        await verifier().verify(token)
    assert problem.value.code == "token_invalid"


async def test_a_token_tells_who_and_with_which_grants() -> None:
    officer = HeldGrant(role="officer", area="370104009", source="hand", given_by="system")
    ended = HeldGrant(
        role="committee",
        area="370104009008",
        source="hand",
        given_by="system",
        until=CLOCK.now() - timedelta(hours=1),
    )
    token, life = TOKENS.access(account(officer, ended), session())
    who = await verifier().verify(token)
    assert (who.subject, who.session, life) == (
        ACCOUNT_ID,
        SESSION_ID,
        LIFETIME_S,
    )
    assert [(grant.role, grant.area) for grant in who.grants] == [
        ("resident", "3701"),
        ("officer", "370104009"),
    ]


def test_the_most_grants_make_a_token_that_the_gateway_takes() -> None:
    """Half of what it takes of headers is left for a browser's own."""
    longest = HeldGrant(
        role="volunteer",
        area="370104009008",
        squad="squ_" + "x" * 36,
        source="hand",
        given_by="system",
    )
    by_itself = 2  # from approval and from leading a squad: not counted when they are added
    most = POLICIES.at(CLOCK.now()).max_grants + by_itself
    token, _ = TOKENS.access(account(*[longest] * most), session())
    assert len(f"authorization: Bearer {token}") < Limits().headers_kb * 1024 / 2


def test_a_token_lives_no_longer_than_any_grant_in_it() -> None:
    soon = CLOCK.now() + timedelta(seconds=90)
    grant = HeldGrant(role="committee", area="3701", source="hand", given_by="system", until=soon)
    _, life = TOKENS.access(account(grant), session())
    assert 85 <= life <= 90


def test_at_a_faster_clock_a_grant_ends_sooner_by_the_wall_clock() -> None:
    fast = Clock(f"2026-03-05T00:00:00+00:00@60@{time.time()}")
    tokens = Tokens(KEYS, PERSONAL, fast, ISSUER, AUDIENCE)
    grant = HeldGrant(
        role="committee",
        area="3701",
        source="hand",
        given_by="system",
        until=fast.now() + timedelta(hours=1),
    )
    _, life = tokens.access(account(grant), session())
    assert 57 <= life <= 60


async def test_no_signature_is_no_token() -> None:
    for algorithm in ("none", "None", "NONE"):
        await refused(f"{part({'alg': algorithm, 'kid': KEYS.signing.kid})}.{part(claims())}.")


async def test_the_public_key_is_no_secret_to_sign_with() -> None:
    public_key = KEYS.signing.public_key
    secrets = [
        public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        public_key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        json.dumps(public(KEYS.signing)).encode(),
    ]
    for secret in secrets:
        head = f"{part({'alg': 'HS256', 'kid': KEYS.signing.kid})}.{part(claims())}"
        await refused(f"{head}.{part(hmac.new(secret, head.encode(), hashlib.sha256).digest())}")


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sid": None},
        {"grants": None},
        {"grants": [{"role": "king", "area": "3701"}]},
        {"exp": "soon"},
    ],
)
async def test_claims_that_are_not_ours(change: dict[str, Any]) -> None:
    await refused(
        signed({key: value for key, value in claims(**change).items() if value is not None})
    )


async def test_a_stranger_s_key_under_our_kid() -> None:
    await refused(signed(claims(), ECKey.generate_key("P-256")))


async def test_a_key_that_the_token_brings_along() -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    header = {"alg": "ES256", "kid": key.kid, "jwk": key.as_dict(private=False)}
    await refused(jwt.encode(header, claims(), key, algorithms=["ES256"]))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=300))
async def test_garbage_is_refused_and_nothing_else(text: str) -> None:
    await refused(text)


async def test_a_changed_payload_is_refused() -> None:
    head, _, signature = signed(claims()).split(".")
    await refused(
        f"{head}.{part(claims(grants=[{'role': 'city_desk', 'area': '3701'}]))}.{signature}"
    )


def _pem(key: ECKey) -> str:
    return key.as_pem(private=True).decode()


async def test_a_new_key_signs_while_tokens_of_the_old_one_are_still_good() -> None:
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    before, after = SigningKeys(_pem(old)), SigningKeys(_pem(new).replace("\n", "\\n") + _pem(old))
    token, _ = Tokens(before, PERSONAL, CLOCK, ISSUER, AUDIENCE).access(account(), session())
    assert (await verifier(after).verify(token)).subject == ACCOUNT_ID
    assert after.signing.thumbprint() == new.thumbprint()
    assert before.signing.kid == old.thumbprint(), "the same key has the same id on every replica"


def test_the_published_keys_have_no_private_part() -> None:
    for key in KEYS.published.as_dict()["keys"]:
        assert "d" not in key
    assert set(public(KEYS.signing)) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert isinstance(KEYS.published, KeySet)


@pytest.mark.parametrize("pem", ["nonsense", _pem(ECKey.generate_key("P-384"))])
def test_a_key_that_is_no_p256_key_is_refused_at_the_start(pem: str) -> None:
    with pytest.raises(ValueError, match="P-256"):
        _ = SigningKeys(pem).all


def test_a_refresh_token_is_read_back_and_bound_to_its_turn() -> None:
    text = TOKENS.refresh(account(), session())
    token = TOKENS.parse(text)
    assert token is not None
    assert token[:3] == (ACCOUNT_ID, SESSION_ID, 1)
    assert TOKENS.is_genuine(token, session())
    assert not TOKENS.is_genuine(token._replace(turn=2), session())
    assert not TOKENS.is_genuine(token, session().with_(salt="another"))
    assert not TOKENS.is_genuine(token._replace(secret="0" * 32), session())


@given(st.text(max_size=120))
def test_no_other_text_is_a_refresh_token(text: str) -> None:
    assert Tokens.parse(text) is None or isinstance(Tokens.parse(text), RefreshToken)


def test_nothing_of_a_token_is_stored() -> None:
    stored = session().model_dump_json()
    token = TOKENS.parse(TOKENS.refresh(account(), session()))
    assert token is not None
    assert token.secret not in stored
