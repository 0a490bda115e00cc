"""Writing and reading the log book."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import KeyedCause
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
from chassis.http.schemas import Body, View, free_text
from chassis.identity.guards import Principal, allow
from contracts import ids
from jinan.areas import AREA_PATTERN, COMMUNITY_PATTERN
from services.incidents.logbook.domain import LogEntry, LogKind
from services.incidents.logbook.handlers import LogbookHandlers, NewLogEntry

router = APIRouter(prefix="/log-entries", tags=["log-entries"], route_class=PlainRoute)
Logbook = Annotated[LogbookHandlers, provided(LogbookHandlers)]


class WriteLogEntry(Body):
    kind: Annotated[LogKind, Field(examples=["patrol"])]
    text: Annotated[str, free_text(2000), Field(examples=["夜间巡逻三圈，一切正常"])]
    community: Annotated[str, Field(pattern=COMMUNITY_PATTERN, examples=["370104009008"])]
    minutes: Annotated[int | None, Field(ge=1, le=1440, description="How long it took")] = None


class LogEntryView(View):
    id: ids.LogEntryId
    volunteer: ids.AccountId
    kind: LogKind
    text: str
    community: ids.CommunityCode
    station: ids.StationId | None
    minutes: int | None
    at: datetime


class LogEntryPage(Page[LogEntryView]):
    pass


def _view(entry: LogEntry) -> LogEntryView:
    return LogEntryView(**entry.model_dump(include=set(LogEntryView.model_fields)))


@router.post(
    "", status_code=201, summary="Write a log entry", responses=refuses("community_unknown")
)
async def write_log_entry(
    body: WriteLogEntry,
    who: Annotated[Principal, allow("duty.serve")],
    logbook: Logbook,
    cause: KeyedCause,
) -> LogEntryView:
    """By an approved volunteer, in any community of Jinan."""
    return _view(await logbook.write(NewLogEntry(**body.model_dump()), who, cause))


@router.get("", summary="Read the log book")
async def list_log_entries(
    who: Annotated[Principal, allow("own")],
    logbook: Logbook,
    mine: bool = False,
    area: Annotated[str | None, Query(pattern=AREA_PATTERN)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LogEntryPage:
    """Newest first. Officers read their own areas, or part of them; everybody else, and with
    `mine`, their own entries."""
    after = from_cursor(cursor)
    found = await logbook.newest(who, mine=mine, area=area, after=after, limit=limit + 1)
    page, following = page_of(found, limit, lambda entry: to_cursor(entry.at, entry.id))
    return LogEntryPage(items=[_view(entry) for entry in page], next=following)
