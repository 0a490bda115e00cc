"""A person's copy of their messages, and of what became of each."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import Now, provided
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
from chassis.identity.guards import Principal, allow
from contracts import ids
from services.notify.inbox.domain import HoldBackReason
from services.notify.inbox.store import Inbox
from services.notify.inbox.views import MessageView, message_view

router = APIRouter(prefix="/inbox", tags=["inbox"], route_class=PlainRoute)


class CopiedMessageView(MessageView):
    held_back: HoldBackReason | None = Field(description="Why the person never saw it")
    streamed_at: datetime | None = Field(description="When it first came to an open app")


class InboxData(Page[CopiedMessageView]):
    """A page of all messages that are kept, the newest first. There are no preferences."""

    id: ids.AccountId = Field(description="The account's")
    taken_at: datetime


@router.get("/me/data", summary="A copy of my messages")
async def export_own_messages(
    who: Annotated[Principal, allow("own")],
    inbox: Annotated[Inbox, provided(Inbox)],
    clock: Now,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> InboxData:
    found = await inbox.kept_of(who.subject, from_cursor(cursor), limit + 1)
    page, following = page_of(found, limit, lambda one: to_cursor(one.message.at, one.id))
    items = [
        CopiedMessageView(
            **dict(message_view(one)),
            held_back=one.recipient.held_back,
            streamed_at=one.recipient.streamed_at,
        )
        for one in page
    ]
    return InboxData(items=items, next=following, id=who.subject, taken_at=clock.now())
