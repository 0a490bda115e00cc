"""What became of messages, for the station: ids and states, no texts."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.domain import Refusal
from chassis.http.dependencies import provided
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from services.notify.inbox.domain import HeldBack, Kind, Message
from services.notify.inbox.store import Inbox

router = APIRouter(prefix="/deliveries", tags=["deliveries"], route_class=PlainRoute)


class Delivery(BaseModel):
    """One way that a message took, or was kept from taking (`why`)."""

    channel: Literal["inbox", "stream"]
    status: Literal["delivered", "waiting", "held_back"]
    at: datetime | None = None
    why: HeldBack | None = None


class DeliveryView(BaseModel):
    message: str
    recipient: str
    kind: Kind
    at: datetime
    report: str | None
    callout: str | None
    deliveries: list[Delivery]
    read_at: datetime | None
    acknowledged_at: datetime | None


class DeliveryList(BaseModel):
    deliveries: list[DeliveryView]


@router.get("", summary="What became of the messages about a report, or of one message")
async def deliveries(
    who: Annotated[Principal, allow("report.manage")],
    inbox: Annotated[Inbox, provided(Inbox)],
    report: Annotated[str | None, Query(max_length=80)] = None,
    message: Annotated[str | None, Query(max_length=80)] = None,
) -> DeliveryList:
    """Officers see those in their area; of others not even that they exist."""
    if (report is None) == (message is None):
        raise Refusal("bad_request", fields={"query.report": "problem.report_or_message"})
    found = (
        await inbox.about(report)
        if report is not None
        else [await inbox.messages.require(message or "")]
    )
    mine = [
        one
        for one in found
        if one.area is not None and who.may("report.manage", one.area, "officer")
    ]
    if message is not None and not mine:
        raise Refusal("not_found")
    return DeliveryList(deliveries=[delivery_view(one) for one in mine])


def delivery_view(message: Message) -> DeliveryView:
    return DeliveryView(
        message=message.id,
        recipient=message.recipient,
        kind=message.kind,
        at=message.at,
        report=message.report,
        callout=message.callout,
        deliveries=_ways(message),
        read_at=message.read_at,
        acknowledged_at=message.acknowledged_at,
    )


def _ways(message: Message) -> list[Delivery]:
    if message.held_back:
        return [Delivery(channel="inbox", status="held_back", at=message.at, why=message.held_back)]
    on_stream = "delivered" if message.streamed_at else "waiting"
    return [
        Delivery(channel="inbox", status="delivered", at=message.at),
        Delivery(channel="stream", status=on_stream, at=message.streamed_at),
    ]
