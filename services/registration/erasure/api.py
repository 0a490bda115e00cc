"""accounts: to be erased, by one's own wish or by the city desk on a paper."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import Field

from chassis.domain import Refusal
from chassis.http.caller import Caller
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow, require
from chassis.inputs.typed import Identifier
from contracts import ids
from jinan.areas import CITY
from services.registration.account.domain import Account
from services.registration.erasure.handlers import ErasureHandlers

router = APIRouter(prefix="/accounts", tags=["accounts"], route_class=PlainRoute)
Erasures = Annotated[ErasureHandlers, provided(ErasureHandlers)]


class ConfirmErasure(Body):
    """`code`: sent to the phone for this, not the one of a sign-in."""

    code: Identifier = Field(pattern=r"^[0-9]{4,8}$", examples=["123456"])


class ErasureView(View):
    """Until `due_at` a sign-in cancels it; then nothing brings anything back."""

    account: ids.AccountId
    asked_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, account: Account) -> Self:
        erasure = account.erasure
        if erasure is None:  # a repeat of a request, after a sign-in cancelled it
            raise Refusal("erasure_cancelled")
        return cls(account=account.id, asked_at=erasure.asked_at, due_at=erasure.due_at)


@router.post(
    "/me/erasure",
    status_code=202,
    summary="Ask to be erased",
    responses=refuses(
        "code_form",
        "code_wrong",
        "code_tries_used",
        "too_many",
        "erasure_holds_role",
        "erasure_cancelled",
    ),
)
async def erase_own_account(
    body: ConfirmErasure,
    who: Annotated[Principal, allow("own")],
    erasures: Erasures,
    caller: Caller,
    cause: RequestCause,
) -> ErasureView:
    """All sessions end at once. After 72 hours without a sign-in everything that is known of the
    person is erased, in all services. Not while they hold a role that was given by hand."""
    return ErasureView.of(await erasures.ask(who, body.code, caller, cause))


@router.post(
    "/{account}/erasure",
    status_code=202,
    summary="Ask for the erasure of somebody who wrote to the city",
    responses=refuses("erasure_holds_role", "erasure_cancelled"),
)
async def erase_account(
    account: Annotated[str, Path(pattern=r"^acc_[0-9a-f]{20}$")],
    who: Annotated[Principal, allow("person.erase")],
    erasures: Erasures,
    cause: RequestCause,
) -> ErasureView:
    """By the city desk. It waits as long, and is noted in the person's access log."""
    require(who.may("person.erase", CITY))
    return ErasureView.of(await erasures.ask_for(who, account, cause))
