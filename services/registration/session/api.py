"""sessions: sign in, refresh, sign out; and the public keys that tokens are verified with."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.identity.guards import Principal, allow, anyone
from services.registration.session.handlers import SessionHandlers
from services.registration.session.keys import SigningKeys, public
from services.registration.session.views import SignedIn, SignInDesk

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=PlainRoute)
keys_router = APIRouter(tags=["sessions"])
Anyone = Annotated[Principal | None, anyone("whoever signs in or refreshes has no valid token")]
Me = Annotated[Principal, allow("own")]
Sessions = Annotated[SessionHandlers, provided(SessionHandlers)]
Desk = Annotated[SignInDesk, provided(SignInDesk)]
SessionId = Annotated[str, Path(pattern=r"^ses_[0-9a-f]{20}$")]


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: str = Field(max_length=24, examples=["13800000000"])
    code: str = Field(pattern=r"^\d{6}$", examples=["123456"])


class Refresh(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refresh_token: str = Field(max_length=200)


class SessionView(BaseModel):
    id: str
    opened_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    current: bool


class SessionsView(BaseModel):
    sessions: list[SessionView]


class PublicKey(BaseModel):
    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class PublicKeys(BaseModel):
    """A JWKS (RFC 7517)."""

    keys: list[PublicKey]


@router.post("", status_code=201)
@hot  # benchmark row 1
async def sign_in(
    body: Credentials, _: Anyone, sessions: Sessions, desk: Desk, cause: RequestCause
) -> SignedIn:
    """Sign in with a code. The first time opens the account. A code opens one session, and has five
    tries."""
    account, session, phone = await sessions.open(body.phone, body.code, cause)
    return desk.answer(account, session, phone)


@router.post("/refresh", status_code=201)
async def refresh(
    body: Refresh, _: Anyone, sessions: Sessions, desk: Desk, cause: RequestCause
) -> SignedIn:
    """The next pair of tokens. A used refresh token that comes back ends the session: repeat with
    the same key."""
    account, session = await sessions.refresh(body.refresh_token, cause)
    return desk.answer(account, session)


@router.get("")
async def mine(who: Me, sessions: Sessions) -> SessionsView:
    """Where one is signed in."""
    found = await sessions.mine(who)
    return SessionsView(
        sessions=[
            SessionView.model_validate({**s.model_dump(), "current": s.id == who.session})
            for s in found
        ]
    )


@router.delete("/current", status_code=204)
async def sign_out(who: Me, sessions: Sessions, cause: RequestCause) -> Response:
    """The refresh token ends at once; access tokens that are out lapse within ten minutes."""
    await sessions.end(who, who.session, cause)
    return Response(status_code=204)


@router.delete("/{session}", status_code=204)
async def end(session: SessionId, who: Me, sessions: Sessions, cause: RequestCause) -> Response:
    """End another of one's sessions: a lost phone."""
    await sessions.end(who, session, cause)
    return Response(status_code=204)


@keys_router.get("/.well-known/jwks.json")
async def jwks(
    response: Response,
    _: Annotated[Principal | None, anyone("public keys")],
    keys: Annotated[SigningKeys, provided(SigningKeys)],
) -> PublicKeys:
    """The keys that access tokens are verified with; ask again for a `kid` that is not among
    them."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublicKeys(keys=[PublicKey.model_validate(public(key)) for key in keys.all])
