"""sign-in: one-time codes, sessions, and the public keys that access tokens are verified with; for
developers, the messages of a local platform."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import Field

from chassis.clock import Clock
from chassis.http.caller import Caller
from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, part_of
from chassis.http.plain_route import PlainRoute, hot
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow, anyone
from chassis.inputs.typed import Identifier
from contracts import ids
from services.registration.account.api import AccountView, Personal
from services.registration.account.personal import PersonalData
from services.registration.sign_in.cookie import RefreshCookie, RequestedBy, set_refresh_cookie
from services.registration.sign_in.handlers import (
    CodeHandlers,
    LocalMessageHandlers,
    SessionHandlers,
    SignedIn,
    real_time,
)
from services.registration.sign_in.tokens import SigningKeys, public

router = APIRouter(tags=["sign-in"], route_class=PlainRoute)
keys_router = APIRouter(tags=["sign-in"])
NoToken = Annotated[Principal | None, anyone("whoever signs in or refreshes has no valid token")]
Me = Annotated[Principal, allow("own")]
Sessions = Annotated[SessionHandlers, provided(SessionHandlers)]
_PHONE = Field(max_length=24, examples=["13800000000"])


class CodeRequest(Body):
    phone: Identifier = _PHONE


class CodeSentView(View):
    expires_in_s: int = Field(examples=[600])


class Credentials(Body):
    phone: Identifier = _PHONE
    code: Identifier = Field(pattern=r"^[0-9]{4,8}$", examples=["123456"])


class RefreshRequest(Body):
    refresh_token: str = Field(
        max_length=200, examples=["acc_8f0c2e51d7a94b3c6e10.ses_2b7d90a41c5e83f6d012.1.kX2vP9"]
    )


class SignedInView(View):
    """The access token goes into `Authorization: Bearer`. The refresh token is valid once and gives
    the next pair."""

    access_token: str
    refresh_token: str
    expires_in_s: int = Field(description="Lifetime of the access token", examples=[600])
    account: AccountView

    @classmethod
    def of(cls, signed_in: SignedIn, personal: PersonalData, now: datetime) -> Self:
        return cls(
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token,
            expires_in_s=signed_in.expires_in_s,
            account=AccountView.of(signed_in.account, personal, now, signed_in.phone),
        )


class BrowserSignedInView(View):
    """The access token goes into `Authorization: Bearer`; a page keeps it in memory only. The
    refresh token is in a cookie that scripts cannot read."""

    access_token: str
    expires_in_s: int = Field(description="Lifetime of the access token", examples=[600])
    account: AccountView

    @classmethod
    def of(
        cls, signed_in: SignedIn, personal: PersonalData, clock: Clock, response: Response
    ) -> Self:
        """Puts the refresh token into the response's cookie, for as long as the session lasts."""
        left = signed_in.session.expires_at - real_time(clock)
        set_refresh_cookie(response, signed_in.refresh_token, max(0, int(left.total_seconds())))
        account = AccountView.of(signed_in.account, personal, clock.now(), signed_in.phone)
        return cls(
            access_token=signed_in.access_token,
            expires_in_s=signed_in.expires_in_s,
            account=account,
        )


class SessionView(View):
    id: ids.SessionId
    opened_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    current: bool = Field(description="Whether this request belongs to it")


class SessionPage(Page[SessionView]):
    """By id."""


class LocalMessageView(View):
    text: str
    code: str
    at: datetime


class LocalMessagePage(Page[LocalMessageView]):
    """The last messages to a phone, the latest first; there is one page."""


class PublicKey(View):
    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class PublicKeySet(View):
    """A JWKS (RFC 7517)."""

    keys: list[PublicKey]


@router.post(
    "/sign-in-codes",
    status_code=202,
    responses=refuses(
        "phone_invalid",
        "code_too_soon",
        "code_too_many",
        "too_many",
        "texts_used_up",
        "message_not_sent",
    ),
)
async def send_sign_in_code(
    body: CodeRequest,
    _: Annotated[Principal | None, anyone("nobody has a token yet; limited for each phone")],
    codes: Annotated[CodeHandlers, provided(CodeHandlers)],
    caller: Caller,
    cause: RequestCause,
) -> CodeSentView:
    """Send a code to a mobile phone: one a minute, ten a day; the same one while it is good. The
    answer does not reveal whether the phone is known."""
    return CodeSentView(expires_in_s=await codes.send(body.phone, cause, caller))


@router.post(
    "/sessions",
    status_code=201,
    responses=refuses("phone_invalid", "code_form", "code_wrong", "code_tries_used", "too_many"),
)
@hot  # benchmark row 1
async def sign_in(
    body: Credentials,
    _: NoToken,
    sessions: Sessions,
    personal: Personal,
    clock: Now,
    caller: Caller,
    cause: RequestCause,
) -> SignedInView:
    """Sign in with a code; the first time opens the account. A code opens one session and allows a
    few guesses from one address."""
    signed_in = await sessions.open(body.phone, body.code, cause, caller)
    return SignedInView.of(signed_in, personal, clock.now())


@router.post("/sessions/refresh", status_code=201, responses=refuses("session_ended"))
async def refresh_session(
    body: RefreshRequest,
    _: NoToken,
    sessions: Sessions,
    personal: Personal,
    clock: Now,
    cause: RequestCause,
) -> SignedInView:
    """The next pair of tokens. The same refresh token gives the same pair again for some seconds;
    one that comes back later ends the session, unless it repeats a request with its
    Idempotency-Key."""
    signed_in = await sessions.refresh(body.refresh_token, cause)
    return SignedInView.of(signed_in, personal, clock.now())


@router.post(
    "/sessions/browser",
    status_code=201,
    responses=refuses("phone_invalid", "code_form", "code_wrong", "code_tries_used", "too_many"),
)
async def sign_in_browser(
    body: Credentials,
    response: Response,
    _: NoToken,
    sessions: Sessions,
    personal: Personal,
    clock: Now,
    caller: Caller,
    cause: RequestCause,
) -> BrowserSignedInView:
    """Like signing in, for a page of this origin: the refresh token goes into a cookie."""
    signed_in = await sessions.open(body.phone, body.code, cause, caller)
    return BrowserSignedInView.of(signed_in, personal, clock, response)


@router.post("/sessions/browser/refresh", status_code=201, responses=refuses("session_ended"))
async def refresh_browser_session(
    response: Response,
    _: NoToken,
    x_requested_by: RequestedBy,
    sessions: Sessions,
    personal: Personal,
    clock: Now,
    cause: RequestCause,
    token: RefreshCookie = "",
) -> BrowserSignedInView:
    """The next access token, and the next cookie."""
    signed_in = await sessions.refresh(token, cause)
    return BrowserSignedInView.of(signed_in, personal, clock, response)


@router.get("/sessions")
async def list_sessions(
    who: Me, sessions: Sessions, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> SessionPage:
    """Where one is signed in."""
    found = sorted(await sessions.own(who), key=lambda session: session.id)
    beyond = [session for session in found if session.id > (cursor or "")]
    page, following = page_of(beyond, limit, lambda session: session.id)
    items = [
        SessionView.model_validate(s.model_dump() | {"current": s.id == who.session}) for s in page
    ]
    return SessionPage(items=items, next=following)


@router.delete("/sessions/current", status_code=204)
async def end_current_session(who: Me, sessions: Sessions, cause: RequestCause) -> Response:
    """Sign out: the session's tokens open nothing more, and a browser forgets its cookie."""
    await sessions.end(who, who.session, cause)
    response = Response(status_code=204)
    set_refresh_cookie(response, "", 0)
    return response


@router.delete("/sessions/{session}", status_code=204)
async def end_session(
    session: Annotated[str, Path(pattern=r"^ses_[0-9a-f]{20}$")],
    who: Me,
    sessions: Sessions,
    cause: RequestCause,
) -> Response:
    """End another of one's sessions, as for a lost phone."""
    await sessions.end(who, session, cause)
    return Response(status_code=204)


@router.get("/dev/messages", responses=refuses("phone_invalid", "not_allowed", "not_found"))
async def list_local_messages(
    _: Annotated[Principal | None, anyone("needs the developer's key; 404 unless SMS is local")],
    messages: Annotated[LocalMessageHandlers, provided(LocalMessageHandlers)],
    phone: Annotated[str, Query(max_length=24, examples=["12000100001"])],
    x_dev_key: Annotated[str, Header(alias="X-Dev-Key", max_length=200)] = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LocalMessagePage:
    """Only where SMS=local, with the header X-Dev-Key."""
    latest = await messages.latest(phone, x_dev_key)
    found, following = part_of(latest, limit, cursor)
    items = [LocalMessageView.model_validate(message.model_dump()) for message in found]
    return LocalMessagePage(items=items, next=following)


@keys_router.get("/.well-known/jwks.json")
async def get_signing_keys(
    response: Response,
    _: Annotated[Principal | None, anyone("public keys")],
    keys: Annotated[SigningKeys, provided(SigningKeys)],
) -> PublicKeySet:
    """The public keys of access tokens. Fetch them again for a `kid` that is not among them."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublicKeySet(keys=[PublicKey.model_validate(public(key)) for key in keys.all])
