"""accounts: sign in with another phone from now on."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.caller import Caller
from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body
from chassis.identity.guards import Principal, allow
from chassis.inputs.typed import Identifier
from services.registration.account.api import AccountView, Personal
from services.registration.phone_change.handlers import PhoneChangeHandlers

router = APIRouter(prefix="/accounts/me", tags=["accounts"], route_class=PlainRoute)


class NewPhone(Body):
    """`code`: sent to the new phone (sign-in-codes)."""

    phone: Identifier = Field(max_length=24, examples=["13800000000"])
    code: Identifier = Field(pattern=r"^[0-9]{4,8}$", examples=["123456"])


@router.post(
    "/phone",
    summary="Change my phone",
    responses=refuses(
        "phone_invalid",
        "phone_taken",
        "code_form",
        "code_wrong",
        "code_tries_used",
        "too_many",
        "texts_used_up",
        "message_not_sent",
    ),
)
async def change_own_phone(
    body: NewPhone,
    who: Annotated[Principal, allow("own")],
    phones: Annotated[PhoneChangeHandlers, provided(PhoneChangeHandlers)],
    personal: Personal,
    clock: Now,
    caller: Caller,
    cause: RequestCause,
) -> AccountView:
    """The old number is told by a message, and all other sessions end."""
    account = await phones.change(who, body.phone, body.code, caller, cause)
    return AccountView.of(account, personal, clock.now())
