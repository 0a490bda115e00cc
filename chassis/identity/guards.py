"""Who is asking, and what a route demands of them."""

from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from chassis.domain import Refusal
from contracts.access import Permission
from contracts.access import Principal as Principal


def require(allowed: bool) -> None:
    """`require(who.may("own", area))`: raises Refusal (403) for what lies outside one's area."""
    if not allowed:
        raise Refusal("outside_area")


class Verifies(Protocol):
    async def verify(self, token: str) -> Principal: ...


async def principal_or_none(request: Request) -> Principal | None:
    """The verified person behind the request; None without a token. A bad token is refused even
    where none is needed."""
    if "principal" in request.scope:
        return request.scope["principal"]
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    principal = None
    if token:
        if scheme.lower() != "bearer":
            raise Refusal("token_invalid")
        verifier: Verifies = request.app.state.verifier
        principal = await verifier.verify(token.strip())
    request.scope["principal"] = principal
    return principal


Asking = Annotated[Principal | None, Depends(principal_or_none)]


class Guard:
    """What a route demands of who asks. Every route has one: a test walks them.

    The area of the thing asked for is checked once it is loaded (`require`).
    """

    def __init__(self, permission: Permission) -> None:
        self.permission: Permission = permission

    async def __call__(self, who: Asking) -> Principal:
        if who is None:
            raise Refusal("not_signed_in")
        if not who.grants_for(self.permission):
            raise Refusal("not_allowed")
        return who


class Open:
    """A route that needs no identity, with the reason why; it still refuses a bad token."""

    def __init__(self, because: str) -> None:
        self.because = because

    async def __call__(self, who: Asking) -> Principal | None:
        return who


def allow(permission: Permission) -> Any:
    """`who: Annotated[Principal, allow("own")]`."""
    return Depends(Guard(permission))


def anyone(because: str) -> Any:
    """`who: Annotated[Principal | None, anyone("a map needs no identity")]`."""
    return Depends(Open(because))
