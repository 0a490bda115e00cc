"""The keys that sign access tokens (ES256 on P-256, published as a JWKS); access tokens (JWT) and
refresh tokens (opaque, valid once).

A file of its own because only this one handles private keys and the JWT library.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from hmac import compare_digest
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, Key, KeySet

from chassis.clock import Clock
from chassis.identity.tokens import ALGORITHM
from services.registration.account.domain import Account, HeldGrant, Session
from services.registration.account.personal import PersonalData
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.session import is_fresh

_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)
_SCALAR_BYTES = 32
"""Of each of the two numbers of a signature on P-256."""
_REFRESH = re.compile(r"(acc_[0-9a-f]{20})\.(ses_[0-9a-f]{20})\.([1-9]\d{0,8})\.([0-9a-f]{32})")


class SigningKeys:
    """From PEM text. The first key signs, all are published. To rotate, add the new key behind the
    old one, then move it to the front.

    Without any, one is made on first use: enough to describe the API, not to serve.
    """

    def __init__(self, pem: str, file: str = "") -> None:
        self._pem, self._file = pem, file

    @cached_property
    def all(self) -> list[ECKey]:
        """Raises ValueError for a text without a P-256 private key, OSError for an unreadable
        file."""
        if not (self._pem or self._file):
            return [_with_kid(ECKey.generate_key("P-256"))]
        text = (self._pem or Path(self._file).read_text("utf-8")).replace("\\n", "\n")
        keys = [_with_kid(ECKey.import_key(block)) for block in _PEM.findall(text)]
        if not keys or any(key.curve_name != "P-256" for key in keys):
            raise ValueError("SIGNING_KEY must hold EC private keys on P-256, in PEM")
        return keys

    @property
    def signing(self) -> ECKey:
        return self.all[0]

    @cached_property
    def published(self) -> KeySet:
        """Public parts only."""
        keys: list[Key] = [ECKey.import_key({**public(key)}) for key in self.all]
        return KeySet(keys)


def public(key: ECKey) -> dict[str, str]:
    """The public JWK; `kid` is the key's thumbprint (RFC 7638)."""
    parts = key.as_dict(private=False)
    return {name: str(parts[name]) for name in ("kty", "crv", "x", "y", "kid")} | {
        "use": "sig",
        "alg": "ES256",
    }


def _with_kid(key: ECKey) -> ECKey:
    return ECKey.import_key(key.as_dict(private=True) | {"kid": key.thumbprint()})


class _Signer:
    """Signs compact JWTs (RFC 7515; RFC 7518, section 3.4) with one key. The header is encoded and
    the key checked once: the library does both for each token, which costs more than to sign it."""

    def __init__(self, key: ECKey) -> None:
        header = {"typ": "JWT", "alg": ALGORITHM, "kid": key.kid}
        if key.private_key is None:
            raise ValueError("a public key signs nothing")
        self._head, self._key = _base64(orjson.dumps(header)), key.private_key
        # RFC 6979: the same claims give the same token, so two tabs hold one pair.
        self._algorithm = ECDSA(SHA256(), deterministic_signing=True)

    def token(self, claims: Mapping[str, Any]) -> str:
        signed = self._head + b"." + _base64(orjson.dumps(claims))
        r, s = decode_dss_signature(self._key.sign(signed, self._algorithm))
        raw = r.to_bytes(_SCALAR_BYTES, "big") + s.to_bytes(_SCALAR_BYTES, "big")
        return (signed + b"." + _base64(raw)).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class RefreshToken(NamedTuple):
    account: str
    session: str
    turn: int
    secret: str


class Tokens:
    def __init__(
        self, keys: SigningKeys, personal: PersonalData, clock: Clock, issuer: str, audience: str
    ) -> None:
        self._keys, self._personal, self._clock = keys, personal, clock
        self._issuer, self._audience = issuer, audience

    def access(self, account: Account, session: Session) -> tuple[str, int]:
        """A signed token with the grants that hold now, and its lifetime in seconds: no longer than
        any of them. Within seconds of a refresh the same token again, unless a grant changed."""
        now, issued = self._clock.now(), self._clock.real()
        if is_fresh(session, datetime.fromtimestamp(issued, UTC), POLICIES.at(now)):
            issued = session.refreshed_at.timestamp()
        held = account.grants_at(now)
        ends = [self._seconds_left(grant.until, now) for grant in held if grant.until is not None]
        lifetime = min([POLICIES.at(now).access_token_lifetime_s, *ends])
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": account.id,
            "sid": session.id,
            "ver": account.version,
            "iat": int(issued),
            "exp": int(issued) + lifetime,
            "grants": [_claim(grant) for grant in held],
        }
        return self._signer.token(claims), lifetime

    @cached_property
    def _signer(self) -> _Signer:
        return _Signer(self._keys.signing)

    def _seconds_left(self, until: datetime, now: datetime) -> int:
        """Of real time."""
        return max(1, int(self._clock.seconds((until - now).total_seconds())))

    def refresh(self, account: Account, session: Session) -> str:
        """The refresh token of the session's present turn: the same each time, and stored
        nowhere."""
        secret = self._personal.token_secret(session.id, session.salt, session.turn)
        return f"{account.id}.{session.id}.{session.turn}.{secret}"

    @staticmethod
    def parse(text: str) -> RefreshToken | None:
        found = _REFRESH.fullmatch(text)
        return RefreshToken(found[1], found[2], int(found[3]), found[4]) if found else None

    def is_genuine(self, token: RefreshToken, session: Session) -> bool:
        """Whether this service made the token, for whichever turn of the session."""
        secret = self._personal.token_secret(session.id, session.salt, token.turn)
        return compare_digest(secret, token.secret)


def _claim(grant: HeldGrant) -> dict[str, str]:
    claim = {"role": grant.role, "area": grant.area}
    return claim | {"squad": grant.squad} if grant.squad else claim
