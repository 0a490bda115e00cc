"""The live stream of a person's messages, as server-sent events."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from chassis.http.dependencies import provided
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from services.notify.stream.domain import position
from services.notify.stream.handlers import Streams

router = APIRouter(prefix="/stream", tags=["stream"], route_class=PlainRoute)
Position = Annotated[
    str | None, Query(max_length=40, description="Where a header cannot be set: Last-Event-ID")
]


class EventStream(StreamingResponse):
    """Bytes that are server-sent events already. FastAPI's own class starts two more tasks for each
    stream."""

    media_type = "text/event-stream"


@router.get("", summary="My messages as they come", response_class=EventStream)
async def stream(
    who: Annotated[Principal, allow("own")],
    streams: Annotated[Streams, provided(Streams)],
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
    last: Position = None,
    access_token: Annotated[
        str | None, Query(description="Where a header cannot be set: the token")
    ] = None,
) -> EventStream:
    """Event names are kinds (alert, stand_down, outcome, progress, escalation, notice); `data` is a
    message as in the inbox. After a break send the last `id` as Last-Event-ID and nothing is
    missed; a message may come twice, with the same id in its data. The stream ends when the token
    lapses: come back with a fresh one.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(streams.open(who, position(last_event_id or last)), headers=headers)
