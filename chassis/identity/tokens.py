"""Access tokens are verified here again, though the gateway did so already."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import ValidationError

from chassis.clock import Clock
from chassis.domain import Refusal
from chassis.errors import Unavailable
from chassis.identity.guards import Principal
from chassis.identity.revocations import MAX_TOKEN_SECONDS, Revocations
from chassis.settings import Settings

ALGORITHM = "ES256"  # fixed: a token never chooses its own
_RENEW_AFTER = 10.0  # seconds
log = structlog.get_logger()


class Verifier:
    """Verifies access tokens with the issuer's published keys; remembers what it verified until it
    expires.

    The issuer itself passes its own `keys`, and nothing is fetched. `now` gives Unix seconds.
    `revocations` has what was taken back since; without, a token is good until it expires.
    """

    def __init__(
        self,
        jwks_url: str,
        issuer: str,
        audience: str,
        remembered: int = 20_000,
        keys: KeySet | None = None,
        now: Callable[[], float] = time.time,
        revocations: Revocations | None = None,
    ) -> None:
        self._url, self._remembered, self._now = jwks_url, remembered, now
        self._revocations = revocations
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            leeway=30,
        )
        self._keys, self._fixed = keys, keys is not None
        self._fetched = 0.0
        self._lock = asyncio.Lock()
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Who holds the token, with the grants that they have by now.

        Raises Refusal (401) unless it is one of the issuer's, for us, still valid and not revoked;
        Unavailable while the issuer's keys cannot be fetched.
        """
        who = await self._holder(token)
        return who if self._revocations is None else self._revocations.apply(who)

    async def _holder(self, token: str) -> Principal:
        known = self._known.get(token)
        if known and known[0] > self._now():
            return known[1]
        for attempt in (1, 2):
            keys = await self._key_set(renew=attempt == 2)
            try:
                claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
                self._claims.validate(claims)
                principal = _principal(claims)
            except (JoseError, ValueError, KeyError, TypeError, ValidationError) as error:
                # An unknown key may be a new one: fetch the keys again, at most every
                # `_RENEW_AFTER`, whoever sends forged tokens.
                reason = str(error).lower()
                if attempt == 2 or ("kid" not in reason and "key" not in reason):
                    raise Refusal("token_invalid") from None
                continue
            self._remember(token, float(claims["exp"]), principal)
            return principal
        raise Refusal("token_invalid")

    def _remember(self, token: str, until: float, principal: Principal) -> None:
        self._known[token] = (until, principal)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)

    async def _key_set(self, renew: bool) -> KeySet:
        async with self._lock:
            stale = renew and not self._fixed and time.monotonic() - self._fetched > _RENEW_AFTER
            if self._keys is None or stale:
                self._fetched = time.monotonic()
                try:
                    async with httpx.AsyncClient(timeout=3) as client:
                        answer = (await client.get(self._url)).raise_for_status()
                        self._keys = KeySet.import_key_set(answer.json())
                except (httpx.HTTPError, ValueError, JoseError) as error:
                    log.warning("signing keys not fetched", error=type(error).__name__)
            if self._keys is None:
                raise Unavailable("signing keys", retry_after=2)
            return self._keys


def verifier(
    settings: Settings, clock: Clock, revocations: Revocations, keys: KeySet | None
) -> Verifier:
    """As these settings say; without `keys`, those that the issuer publishes are fetched."""
    return Verifier(
        settings.jwks_url,
        settings.jwt_issuer,
        settings.jwt_audience,
        keys=keys,
        now=clock.real,
        revocations=revocations,
    )


def _principal(claims: dict[str, Any]) -> Principal:
    """Raises ValueError for a token that outlives what revocations are kept for."""
    if claims["exp"] - claims["iat"] > MAX_TOKEN_SECONDS:
        raise ValueError("the token lives too long")
    return Principal(
        subject=claims["sub"],
        session=claims["sid"],
        grants=claims["grants"],
        version=claims.get("ver", 0),
        issued=claims["iat"],
        until=claims["exp"],
    )
