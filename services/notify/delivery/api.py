"""What became of messages, for the station: ids and states, no texts."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from typing_extensions import TypeAliasType

from chassis.domain import Refusal
from chassis.errors import NotFound
from chassis.http.dependencies import provided
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
from chassis.http.schemas import View, id_query
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.vocabulary import MessageKind
from services.notify.inbox.domain import HoldBackReason, PersonalMessage
from services.notify.inbox.store import Inbox

router = APIRouter(prefix="/deliveries", tags=["deliveries"], route_class=PlainRoute)


_MESSAGE = "msg_8f0c2e51d7a94b3c6e10-acc_5f1e0c9a7b3d2e4f6a8c"
Channel = TypeAliasType("Channel", Literal["inbox", "stream"])
DeliveryStatus = TypeAliasType("DeliveryStatus", Literal["delivered", "waiting", "held_back"])


class ChannelView(View):
    """How far a message came on one channel; `reason` where it was held back."""

    channel: Channel
    status: DeliveryStatus
    at: datetime | None
    reason: HoldBackReason | None


class DeliveryView(View):
    message: ids.MessageId
    recipient: ids.AccountId
    kind: MessageKind
    at: datetime
    report: ids.ReportId | None
    callout: ids.CalloutId | None
    channels: list[ChannelView]
    read_at: datetime | None
    acknowledged_at: datetime | None


class DeliveryPage(Page[DeliveryView]):
    """The oldest first. A page may hold fewer than `limit`: messages of other areas are left
    out."""


@router.get(
    "",
    summary="List what became of the messages about a report, or of one message",
    responses=refuses("not_found", "report_or_message"),
)
async def list_deliveries(
    who: Annotated[Principal, allow("report.manage")],
    inbox: Annotated[Inbox, provided(Inbox)],
    report: Annotated[str | None, id_query("rep")] = None,
    message: Annotated[str | None, id_query("msg", _MESSAGE)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DeliveryPage:
    """Give either `report` or `message`. Officers see those of their area; of others not even that
    they exist."""
    if message is not None and report is None:
        found = await inbox.require_personal(message)
        if not _may_see(who, found):
            raise NotFound(message)
        return DeliveryPage(items=[delivery_view(found)], next=None)
    if report is None or message is not None:
        raise Refusal("report_or_message", "query.report")
    read = await inbox.of_report(report, after=from_cursor(cursor), limit=limit + 1)
    page, following = page_of(read, limit, lambda one: to_cursor(one.message.at, one.id))
    items = [delivery_view(one) for one in page if _may_see(who, one)]
    return DeliveryPage(items=items, next=following)


def _may_see(who: Principal, one: PersonalMessage) -> bool:
    area = one.message.area
    return area is not None and who.may("report.manage", area, "officer")


def delivery_view(one: PersonalMessage) -> DeliveryView:
    message = one.message
    return DeliveryView(
        message=one.id,
        recipient=one.recipient.account,
        kind=message.kind,
        at=message.at,
        report=message.report,
        callout=message.callout,
        channels=_channels(one),
        read_at=one.receipt.read_at,
        acknowledged_at=one.receipt.acknowledged_at,
    )


def _channels(one: PersonalMessage) -> list[ChannelView]:
    at, reason = one.message.at, one.recipient.held_back
    if reason:
        return [ChannelView(channel="inbox", status="held_back", at=at, reason=reason)]
    streamed_at = one.recipient.streamed_at
    streamed = "delivered" if streamed_at else "waiting"
    return [
        ChannelView(channel="inbox", status="delivered", at=at, reason=None),
        ChannelView(channel="stream", status=streamed, at=streamed_at, reason=None),
    ]
