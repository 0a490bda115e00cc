"""Access tokens (JWT, ten minutes) and refresh tokens (opaque, good once)."""

import re
from datetime import datetime
from hmac import compare_digest
from typing import NamedTuple

from joserfc import jwt

from chassis.clock import Clock
from chassis.identity.tokens import ALGORITHM
from services.registration.account.domain import Account, HeldGrant, Session
from services.registration.account.personal import Personal
from services.registration.session.keys import SigningKeys

ACCESS_LIFE = 600  # seconds
_REFRESH = re.compile(r"(acc_[0-9a-f]{20})\.(ses_[0-9a-f]{20})\.([1-9]\d{0,8})\.([0-9a-f]{32})")


class RefreshToken(NamedTuple):
    account: str
    session: str
    turn: int
    secret: str


class Tokens:
    def __init__(
        self, keys: SigningKeys, personal: Personal, clock: Clock, issuer: str, audience: str
    ) -> None:
        self._keys, self._personal, self._clock = keys, personal, clock
        self._issuer, self._audience = issuer, audience

    def access(self, account: Account, session: Session) -> tuple[str, int]:
        """A signed token with the grants that hold now, and the seconds it lives: no longer than
        any of them."""
        now, issued = self._clock.now(), self._clock.real()
        held = account.held(now)
        life = min(
            [
                ACCESS_LIFE,
                *(self._left(grant.until, now) for grant in held if grant.until is not None),
            ]
        )
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": account.id,
            "sid": session.id,
            "iat": int(issued),
            "exp": int(issued) + life,
            "grants": [_claim(grant) for grant in held],
        }
        key = self._keys.signing
        return jwt.encode(
            {"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM]
        ), life

    def _left(self, until: datetime, now: datetime) -> int:
        return max(1, int(self._clock.seconds((until - now).total_seconds())))

    def refresh(self, account: Account, session: Session) -> str:
        """The refresh token of the session's present turn: the same each time, and nowhere
        stored."""
        secret = self._personal.token_secret(session.id, session.salt, session.turn)
        return f"{account.id}.{session.id}.{session.turn}.{secret}"

    @staticmethod
    def read(text: str) -> RefreshToken | None:
        found = _REFRESH.fullmatch(text)
        return RefreshToken(found[1], found[2], int(found[3]), found[4]) if found else None

    def is_ours(self, token: RefreshToken, session: Session) -> bool:
        """Whether this service made the token, for whichever turn of the session."""
        secret = self._personal.token_secret(session.id, session.salt, token.turn)
        return compare_digest(secret, token.secret)


def _claim(grant: HeldGrant) -> dict[str, str]:
    claim = {"role": grant.role, "area": grant.area}
    return claim | {"squad": grant.squad} if grant.squad else claim
