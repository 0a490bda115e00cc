"""Writing the log book, and reading it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from jinan.areas import covers
from services.incidents.logbook.domain import Kind, LogEntry
from services.incidents.logbook.store import LogEntries
from services.incidents.page import Cursor, cursor_of, read_cursor
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.report.bodies import Body, Prose

router = APIRouter(prefix="/log-entries", tags=["log-entries"], route_class=PlainRoute)
Entries = Annotated[LogEntries, provided(LogEntries)]


class WriteEntry(Body):
    """What was done, in which community, and how many minutes it took."""

    kind: Kind
    text: Prose
    community: Annotated[str, Field(pattern=r"^\d{12}$", examples=["370104009008"])]
    minutes: Annotated[int | None, Field(ge=1, le=1440)] = None


class LogEntryView(BaseModel):
    id: str
    volunteer: str
    kind: Kind
    text: str
    community: str
    station: str | None
    minutes: int | None
    at: datetime


class LogEntryList(BaseModel):
    """`next`: the cursor of the page that follows, if there is one."""

    entries: list[LogEntryView]
    next: str | None = None


def _view(entry: LogEntry) -> LogEntryView:
    return LogEntryView(**entry.model_dump(include=set(LogEntryView.model_fields)))


@router.post("", status_code=201, summary="Write the log")
async def write(
    body: WriteEntry,
    who: Annotated[Principal, allow("duty.serve")],
    entries: Entries,
    places: Annotated[PlaceHandlers, provided(PlaceHandlers)],
    clock: Now,
    cause: RequestCause,
) -> LogEntryView:
    """By an approved volunteer, in any community of Jinan."""
    places.check_community(body.community)
    squad = next((grant.squad for grant in who.grants if grant.squad), None)
    entry = LogEntry(
        id=cause.derive("log"),
        volunteer=who.subject,
        squad=squad,
        station=await places.station_of(body.community),
        at=clock.now(),
        **body.model_dump(),
    )
    return _view(await entries.add(entry, [], cause))


@router.get("", summary="Read the log")
async def list_entries(
    who: Annotated[Principal, allow("own")],
    entries: Entries,
    mine: bool = False,
    area: Annotated[str | None, Query(pattern=r"^3701(\d{2}(\d{3}(\d{3})?)?)?$")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> LogEntryList:
    """An officer's own area, or part of it; everybody else, and with `mine`, what one wrote
    oneself. Newest first."""
    officer = tuple(g.area for g in who.grants_for("report.read") if g.role == "officer")
    own = mine or (not officer and area is None)
    areas = officer if area is None else (area,)
    if not own and (not officer or any(not any(covers(g, a) for g in officer) for a in areas)):
        raise Refusal("outside_area")
    after = read_cursor(cursor) if cursor else None
    found = await entries.page(who.subject if own else None, areas, after, limit + 1)
    shown = found[:limit]
    following = cursor_of(shown[-1].at, shown[-1].id) if len(found) > limit else None
    return LogEntryList(entries=[_view(entry) for entry in shown], next=following)
