"""Following a report by its number, for whoever has it; with the key of an anonymous one also
saying how it is."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, anyone
from services.incidents.report.bodies import Body, Brief
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.views import FollowUpView, follow_up_view

router = APIRouter(prefix="/follow-ups", tags=["follow-ups"], route_class=PlainRoute)
Handlers = Annotated[ReportHandlers, provided(ReportHandlers)]
Number = Annotated[str, Path(max_length=40, examples=["JN-4F7K-2M9Q-X"])]
Reader = Annotated[
    Principal | None, anyone("the number is the key; no words and no place are shown")
]
Keeper = Annotated[Principal | None, anyone("the key in the body is the reporter's")]
Key = Annotated[str, Field(min_length=1, max_length=64)]


class WithKey(Body):
    key: Key


class WithKeyAndReason(Body):
    key: Key
    reason: Brief


@router.get("/{number}", response_model_exclude_none=True, summary="How far a report is")
async def get(number: Number, _: Reader, reports: Handlers) -> FollowUpView:
    """Small letters, missing dashes, O for 0 and I for 1 are understood; a wrong check sign is 422,
    not 404."""
    return follow_up_view(await reports.by_number(number))


@router.post("/{number}/confirm", response_model_exclude_none=True, summary="It really is solved")
async def confirm(
    number: Number, body: WithKey, _: Keeper, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter, with the key that filing gave."""
    return follow_up_view(await reports.confirm_by_key(number, body.key, cause))


@router.post("/{number}/reopen", response_model_exclude_none=True, summary="It is not solved")
async def reopen(
    number: Number, body: WithKeyAndReason, _: Keeper, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter, with the key that filing gave."""
    return follow_up_view(await reports.reopen_by_key(number, body.key, body.reason, cause))


@router.post("/{number}/withdraw", response_model_exclude_none=True, summary="Take it back")
async def withdraw(
    number: Number, body: WithKeyAndReason, _: Keeper, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter, with the key that filing gave."""
    return follow_up_view(await reports.withdraw_by_key(number, body.key, body.reason, cause))
