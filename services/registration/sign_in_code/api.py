"""sign-in-codes: a one-time code by text message."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, anyone
from services.registration.sign_in_code.handlers import SignInCodeHandlers

router = APIRouter(prefix="/sign-in-codes", tags=["sessions"], route_class=PlainRoute)
Anyone = Annotated[
    Principal | None, anyone("whoever wants to sign in has no token yet; limited for each phone")
]


class CodeWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: str = Field(max_length=24, examples=["13800000000"])


class CodeSent(BaseModel):
    expires_in_s: int


@router.post("", status_code=202)
async def send(
    body: CodeWanted,
    _: Anyone,
    codes: Annotated[SignInCodeHandlers, provided(SignInCodeHandlers)],
    cause: RequestCause,
) -> CodeSent:
    """Send a code to a mobile phone: one a minute, ten a day (429). The answer does not tell
    whether it is known."""
    return CodeSent(expires_in_s=await codes.send(body.phone, cause))
