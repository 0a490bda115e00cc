"""Hours without a known end: an officer looks at them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    from_cursor,
    page_of,
    to_cursor,
)
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, LocalizedText, View, id_path
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.texts import text
from services.dispatch.hours_check.domain import (
    AcceptReason,
    CheckState,
    HoursCheck,
    RefuseReason,
)
from services.dispatch.hours_check.handlers import HoursCheckHandlers

router = APIRouter(prefix="/hours-checks", tags=["hours-checks"], route_class=PlainRoute)
Id = Annotated[str, id_path("chk")]
Officer = Annotated[Principal, allow("callout.command")]
Handlers = Annotated[HoursCheckHandlers, provided(HoursCheckHandlers)]


class AcceptHours(Body):
    """So many minutes count, from the arrival on."""

    minutes: int = Field(ge=1, examples=[45])
    reason: AcceptReason


class RefuseHours(Body):
    reason: RefuseReason


class HoursCheckView(View):
    """On scene from `since`; the end is not known, and `until` is the limit. At most `max_minutes`
    can be accepted. `minutes` is null until an officer has decided."""

    id: ids.HoursCheckId
    volunteer: ids.AccountId
    callout: ids.CalloutId
    report: ids.ReportId
    area: ids.AreaCode
    since: datetime
    until: datetime
    max_minutes: int
    state: CheckState
    state_text: LocalizedText
    minutes: int | None
    reason: AcceptReason | RefuseReason | None
    reason_text: LocalizedText | None
    checked_at: datetime | None


class HoursCheckPage(Page[HoursCheckView]):
    """The oldest first."""


def _view(check: HoursCheck) -> HoursCheckView:
    return HoursCheckView(
        id=check.id,
        volunteer=check.volunteer,
        callout=check.callout,
        report=check.report,
        area=check.area,
        since=check.since,
        until=check.until,
        max_minutes=check.most,
        state=check.state,
        state_text=text(f"hours_check.{check.state}"),
        minutes=check.minutes,
        reason=check.reason,
        reason_text=text(f"hours_check.{check.reason}") if check.reason else None,
        checked_at=check.checked_at,
    )


@router.get("", summary="Hours to be checked: my area's, or mine", responses=refuses("not_allowed"))
async def list_hours_checks(
    who: Annotated[Principal, allow("own")],
    handlers: Handlers,
    mine: bool = False,
    state: CheckState = "waiting",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> HoursCheckPage:
    """Officers: those of their area in this state. `mine`: my own, in any state."""
    after = from_cursor(cursor)
    if mine:
        found = await handlers.list_mine(who, after, limit + 1)
    else:
        found = await handlers.list_in_area(who, state, after, limit + 1)
    page, following = page_of(found, limit, lambda check: to_cursor(check.since, check.id))
    return HoursCheckPage(items=[_view(check) for check in page], next=following)


@router.post(
    "/{id}/accept",
    summary="Accept minutes of it",
    responses=refuses("wrong_state", "own_hours", "too_many_minutes"),
)
async def accept_hours(
    body: AcceptHours, id: Id, who: Officer, handlers: Handlers, cause: RequestCause
) -> HoursCheckView:
    """By an officer of the area, with a reason. The minutes are credited."""
    return _view(await handlers.accept(id, who, body.minutes, body.reason, cause))


@router.post(
    "/{id}/refuse", summary="Accept none of it", responses=refuses("wrong_state", "own_hours")
)
async def refuse_hours(
    body: RefuseHours, id: Id, who: Officer, handlers: Handlers, cause: RequestCause
) -> HoursCheckView:
    """By an officer of the area, with a reason that the volunteer reads."""
    return _view(await handlers.refuse(id, who, body.reason, cause))
