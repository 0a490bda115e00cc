"""A person's own inbox."""

from typing import Annotated

from fastapi import APIRouter, Response
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
from chassis.http.schemas import Body, UtcDatetime, View, id_path
from chassis.identity.guards import Principal, allow
from services.notify.inbox.handlers import InboxHandlers
from services.notify.inbox.store import MAX_COUNTED, Inbox
from services.notify.inbox.views import MessageView, message_view

router = APIRouter(prefix="/inbox", tags=["inbox"], route_class=PlainRoute)
Me = Annotated[Principal, allow("own")]
MessageId = Annotated[str, id_path("msg")]
Handlers = Annotated[InboxHandlers, provided(InboxHandlers)]


class InboxPage(Page[MessageView]):
    """The newest first."""


class UnreadCount(View):
    """`more`: there are more than were counted."""

    count: int = Field(le=MAX_COUNTED, examples=[3])
    more: bool


class ReadAll(Body):
    """`until`: the time of the newest message that is on the screen. What came since stays
    unread."""

    until: UtcDatetime


@router.get("", summary="List my messages, the newest first")
async def list_inbox(
    who: Me,
    inbox: Annotated[Inbox, provided(Inbox)],
    unread: bool = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> InboxPage:
    after = from_cursor(cursor)
    read = await inbox.page(who.subject, unread=unread, after=after, limit=limit + 1)
    page, following = page_of(read, limit, lambda one: to_cursor(one.message.at, one.id))
    return InboxPage(items=[message_view(one) for one in page], next=following)


@router.get("/unread", summary="Count my unread messages")
async def count_unread_messages(who: Me, inbox: Annotated[Inbox, provided(Inbox)]) -> UnreadCount:
    found = await inbox.count_unread(who.subject)
    return UnreadCount(count=min(found, MAX_COUNTED), more=found > MAX_COUNTED)


@router.post("/read", status_code=204, summary="Mark all my messages as read")
async def read_all_messages(
    body: ReadAll, who: Me, handlers: Handlers, cause: RequestCause
) -> Response:
    """Those up to a time, so that nobody reads what they have not seen. A call to act is read by
    this, never acknowledged."""
    await handlers.read_all(who.subject, body.until, cause)
    return Response(status_code=204)


@router.post("/{message}/read", summary="Mark a message as read")
async def read_message(
    message: MessageId, who: Me, handlers: Handlers, cause: RequestCause
) -> MessageView:
    return message_view(await handlers.read(message, who.subject, cause))


@router.post(
    "/{message}/acknowledge",
    summary="Acknowledge a message: seen and understood",
)
async def acknowledge_message(
    message: MessageId, who: Me, handlers: Handlers, cause: RequestCause
) -> MessageView:
    """Marks it as read, too. The sender of a call to act learns of it."""
    return message_view(await handlers.acknowledge(message, who.subject, cause))
