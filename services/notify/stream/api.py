"""The live stream of a person's messages, as server-sent events."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import Field
from starlette.responses import StreamingResponse

from chassis.http.dependencies import provided
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import View
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import MessageKind
from services.notify.inbox.views import MessageView
from services.notify.stream.domain import parse_position
from services.notify.stream.handlers import StreamHandlers

router = APIRouter(prefix="/stream", tags=["stream"], route_class=PlainRoute)
_FORM: dict[str, Any] = {"pattern": r"^\d{1,15}-\d{1,10}$"}
Position = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Last-Event-ID, where a header cannot be set",
        json_schema_extra=_FORM,
    ),
]


class EventStream(StreamingResponse):
    """Takes bytes that are server-sent events already. FastAPI's own class starts two more tasks
    for each stream."""

    media_type = "text/event-stream"


class StreamEvent(View):
    """One event of the stream. Nothing else is dispatched: `retry:`, comments that keep the
    connection open, and `id:` without data, which only moves the position."""

    event: MessageKind
    id: str | None = Field(
        description="The position after the event; null: stays where it is",
        examples=["1760000000000-0"],
    )
    data: MessageView = Field(description="As JSON in one line; `kind` is the event's name")


# FastAPI takes the answer for a string, as it has no response model: say that it is the event.
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": StreamEvent,
        "description": "Events, one after another, as long as the connection is open",
        "content": {EventStream.media_type: {"schema": {"type": "object"}}},
    }
}


@router.get(
    "",
    summary="Open the live stream of my messages",
    response_class=EventStream,
    responses=_EVENTS,
)
async def open_stream(
    who: Annotated[Principal, allow("own")],
    streams: Annotated[StreamHandlers, provided(StreamHandlers)],
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=40, json_schema_extra=_FORM)
    ] = None,
    last: Position = None,
) -> EventStream:
    """After a break send the last `id` as Last-Event-ID and nothing is missed; a message may come
    twice, with the same id in its data. The stream ends when the token expires: come back with a
    fresh one.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    position = parse_position(last_event_id or last)
    return EventStream(streams.open(who, position), headers=headers)
