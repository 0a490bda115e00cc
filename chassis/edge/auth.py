"""Who is asking, and what they may do. Tokens are verified here again, though the gateway did so
already."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import structlog
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.problem import Problem
from contracts.areas import covers
from contracts.registration import Grant
from contracts.roles import PERMISSIONS, Permission
from contracts.words import Role

ALGORITHM = "ES256"  # fixed: a token never chooses its own
log = structlog.get_logger()


class Principal(BaseModel):
    """A signed-in person, as the token tells: account id, session id and grants."""

    model_config = ConfigDict(frozen=True)

    subject: str
    session: str
    grants: tuple[Grant, ...] = ()
    until: float = math.inf
    """When the token lapses, Unix seconds: an answer that goes on and on ends then."""

    def grants_for(self, permission: Permission) -> tuple[Grant, ...]:
        roles = PERMISSIONS[permission]
        return tuple(grant for grant in self.grants if grant.role in roles)

    def has(self, *roles: Role) -> bool:
        return any(grant.role in roles for grant in self.grants)

    def may(
        self, permission: Permission, area: str, *roles: Role, squad: str | None = None
    ) -> bool:
        """Whether a grant with this permission (of these roles, if any are named) covers the area.

        A leader's grant reaches their own squad only, all of it: its members live in any street of
        the station. Pass the squad that the matter belongs to.
        """
        return any(
            (squad is not None and grant.squad == squad)
            if grant.role == "leader"
            else covers(grant.area, area)
            for grant in self.grants_for(permission)
            if not roles or grant.role in roles
        )

    def require(
        self, permission: Permission, area: str, *roles: Role, squad: str | None = None
    ) -> None:
        """Raises a 403 problem unless `may`."""
        if not self.may(permission, area, *roles, squad=squad):
            raise Problem(403, "outside_area")


class Verifier:
    """Verifies access tokens with the keys of registration; keeps what it verified until it
    expires.

    Who signs the tokens gives its own `keys`, and nothing is fetched. `now` gives Unix seconds.
    """

    def __init__(
        self,
        jwks_url: str,
        issuer: str,
        audience: str,
        remembered: int = 20_000,
        keys: KeySet | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url, self._remembered, self._now = jwks_url, remembered, now
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            leeway=30,
        )
        self._keys, self._fixed = keys, keys is not None
        self._fetched = 0.0
        self._lock = asyncio.Lock()
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Raises a 401 problem when the token is not one of registration's, for us, and still
        valid."""
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
                # An unknown key may be a new one: look once more, but a stranger cannot make us
                # look often.
                if attempt == 2 or (
                    "kid" not in str(error).lower() and "key" not in str(error).lower()
                ):
                    raise Problem(401, "token_invalid") from None
                continue
            self._remember(token, float(claims["exp"]), principal)
            return principal
        raise Problem(401, "token_invalid")

    def _remember(self, token: str, until: float, principal: Principal) -> None:
        self._known[token] = (until, principal)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)

    async def _key_set(self, renew: bool) -> KeySet:
        async with self._lock:
            if self._keys is None or (
                renew and not self._fixed and time.monotonic() - self._fetched > 10
            ):
                self._fetched = time.monotonic()
                try:
                    async with httpx.AsyncClient(timeout=3) as client:
                        answer = (await client.get(self._url)).raise_for_status()
                        self._keys = KeySet.import_key_set(answer.json())
                except (httpx.HTTPError, ValueError, JoseError) as error:
                    log.warning("signing keys not fetched", error=type(error).__name__)
            if self._keys is None:  # fails closed
                raise Problem(503, "unavailable", retry_after=2)
            return self._keys


def _principal(claims: dict[str, Any]) -> Principal:
    return Principal(
        subject=claims["sub"], session=claims["sid"], grants=claims["grants"], until=claims["exp"]
    )


async def principal_or_none(request: Request) -> Principal | None:
    """The verified person behind the request; None without a token. A bad token is a 401 even where
    none is needed."""
    if "principal" in request.scope:
        return request.scope["principal"]
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    principal = None
    if token:
        if scheme.lower() != "bearer":
            raise Problem(401, "token_invalid")
        principal = await request.app.state.verifier.verify(token.strip())
    request.scope["principal"] = principal
    return principal


class Guard:
    """What a route demands of who asks. Every route has one: a test walks them.

    The area of the thing asked for is checked by the handler once it is loaded
    (`Principal.require`).
    """

    def __init__(self, permission: Permission) -> None:
        self.permission: Permission = permission

    async def __call__(
        self, who: Annotated[Principal | None, Depends(principal_or_none)]
    ) -> Principal:
        if who is None:
            raise Problem(401, "not_signed_in")
        if not who.grants_for(self.permission):
            raise Problem(403, "not_allowed")
        return who


class Open:
    """A route that needs no identity, with the reason why; it still refuses a bad token."""

    def __init__(self, because: str) -> None:
        self.because = because

    async def __call__(
        self, who: Annotated[Principal | None, Depends(principal_or_none)]
    ) -> Principal | None:
        return who


def allow(permission: Permission) -> Any:
    """`who: Annotated[Principal, allow("report.file")]`."""
    return Depends(Guard(permission))


def anyone(because: str) -> Any:
    """`who: Annotated[Principal | None, anyone("a report may be anonymous")]`."""
    return Depends(Open(because))
