"""A person's own inbox."""

import base64
import binascii
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, TypeAdapter, ValidationError

from chassis.domain import Refusal
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import UtcDatetime
from chassis.identity.guards import Principal, allow
from services.notify.inbox.domain import Kind, Message, Words
from services.notify.inbox.handlers import InboxHandlers
from services.notify.inbox.store import PAGE, Inbox

router = APIRouter(prefix="/inbox", tags=["inbox"], route_class=PlainRoute)
Me = Annotated[Principal, allow("own")]
MessageId = Annotated[str, Path(max_length=80)]
_CURSOR = TypeAdapter(tuple[UtcDatetime, str])


class MessageView(BaseModel):
    """A message as its recipient sees it, in the inbox and on the stream. Times in UTC."""

    id: str
    kind: Kind
    at: datetime
    title: Words
    body: Words
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: dict[str, str | int] = {}
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None


class Page(BaseModel):
    """The newest first. `next` is the cursor of the page after this one, if there is one."""

    messages: list[MessageView]
    next: str | None = None


def view(message: Message) -> MessageView:
    return MessageView.model_validate(message, from_attributes=True)


@router.get("", summary="The messages to me, the newest first")
async def inbox(
    who: Me,
    store: Annotated[Inbox, provided(Inbox)],
    unread: bool = False,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next` of the page before")
    ] = None,
) -> Page:
    messages = await store.page(who.subject, unread, _before(cursor))
    last = messages[-1] if len(messages) == PAGE else None
    return Page(
        messages=[view(message) for message in messages], next=_cursor(last) if last else None
    )


@router.post("/{message}/read", summary="Mark a message as read")
async def read(
    message: MessageId,
    who: Me,
    handlers: Annotated[InboxHandlers, provided(InboxHandlers)],
    cause: RequestCause,
) -> MessageView:
    return view(await handlers.read(message, who.subject, cause))


@router.post("/{message}/acknowledge", summary="Say that I have seen a message")
async def acknowledge(
    message: MessageId,
    who: Me,
    handlers: Annotated[InboxHandlers, provided(InboxHandlers)],
    cause: RequestCause,
) -> MessageView:
    return view(await handlers.acknowledge(message, who.subject, cause))


def _cursor(message: Message) -> str:
    return base64.urlsafe_b64encode(_CURSOR.dump_json((message.at, message.id))).decode()


def _before(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    try:
        return _CURSOR.validate_json(base64.urlsafe_b64decode(cursor))
    except (ValidationError, binascii.Error, ValueError):
        raise Refusal("bad_request", fields={"query.cursor": "problem.cursor_invalid"}) from None
