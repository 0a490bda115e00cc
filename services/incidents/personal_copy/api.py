"""A person's copy of their reports and log entries. What others wrote and did in them is not in it:
neither an officer's question or reason nor a volunteer's result."""

from datetime import datetime
from typing import Annotated, Self

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
from chassis.http.schemas import View
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.vocabulary import Category
from services.incidents.logbook.domain import LogKind
from services.incidents.logbook.store import LogEntries
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import ReportState, TimelineStep
from services.incidents.report.schemas import ReportLocationView
from services.incidents.report.store import Reports

router = APIRouter(tags=["reports"], route_class=PlainRoute)
Me = Annotated[Principal, allow("own")]


class OwnWordsView(View):
    """A note, an answer or a reason that the person gave."""

    at: datetime
    what: TimelineStep
    text: str


class CopiedReportView(View):
    id: ids.ReportId
    number: str
    filed_at: datetime
    category: Category
    state: ReportState
    area: ids.AreaCode
    text: str
    location: ReportLocationView
    photo: ids.PhotoId | None = Field(
        description="Its id; `GET /reports/{id}/photo` has the photo itself"
    )
    words: list[OwnWordsView]

    @classmethod
    def of(cls, report: Report, who: str) -> Self:
        own = [entry for entry in report.timeline if entry.by == who]
        return cls(
            id=report.id,
            number=report.number,
            filed_at=report.filed_at,
            category=report.category,
            state=report.state,
            area=report.area,
            text=report.text,
            location=ReportLocationView(longitude=report.longitude, latitude=report.latitude),
            photo=report.photo,
            words=[
                OwnWordsView(at=entry.at, what=entry.what, text=text)
                for entry in own
                for text in (entry.note, entry.reason)
                if text
            ],
        )


class CopiedLogEntryView(View):
    id: ids.LogEntryId
    kind: LogKind
    text: str
    community: ids.CommunityCode
    minutes: int | None
    at: datetime


class ReportData(Page[CopiedReportView]):
    """A page of all reports that the person filed with their account, by id."""

    id: ids.AccountId = Field(description="The account's")
    taken_at: datetime


class LogEntryData(Page[CopiedLogEntryView]):
    """A page of all that the person wrote into the log book, the newest first."""

    id: ids.AccountId = Field(description="The account's")
    taken_at: datetime


@router.get("/reports/me/data", summary="A copy of my reports")
async def export_own_reports(
    who: Me,
    reports: Annotated[Reports, provided(Reports)],
    clock: Now,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ReportData:
    after = from_cursor(cursor)
    found = await reports.of_reporter(who.subject, after.id if after else "", limit + 1)
    page, following = page_of(found, limit, lambda report: to_cursor(report.filed_at, report.id))
    items = [CopiedReportView.of(report, who.subject) for report in page]
    return ReportData(items=items, next=following, id=who.subject, taken_at=clock.now())


@router.get("/log-entries/me/data", summary="A copy of my log entries")
async def export_own_log_entries(
    who: Me,
    entries: Annotated[LogEntries, provided(LogEntries)],
    clock: Now,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LogEntryData:
    found = await entries.newest(who.subject, (), from_cursor(cursor), limit + 1)
    page, following = page_of(found, limit, lambda entry: to_cursor(entry.at, entry.id))
    fields = set(CopiedLogEntryView.model_fields)
    items = [CopiedLogEntryView(**entry.model_dump(include=fields)) for entry in page]
    return LogEntryData(items=items, next=following, id=who.subject, taken_at=clock.now())
