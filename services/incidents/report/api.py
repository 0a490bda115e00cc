"""Reports: filing, reading, and what each side does with them."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis.domain import Refusal
from chassis.errors import NotFound
from chassis.http.caller import Caller
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, from_cursor, page_of, to_cursor
from chassis.http.plain_route import PlainRoute, hot
from chassis.http.problems import refuses
from chassis.http.schemas import id_path, id_query
from chassis.identity.guards import Principal, allow, anyone
from contracts.vocabulary import Category, Route
from jinan.areas import AREA_PATTERN
from jinan.coordinates import Point
from services.incidents.photo.api import PHOTO_CONTENT
from services.incidents.photo.store import Photos
from services.incidents.report.bodies import (
    FileReport,
    ReportNote,
    ReportReason,
    ReportResolution,
    RouteReport,
)
from services.incidents.report.domain.access import capacity
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.search import Search
from services.incidents.report.domain.states import ReportState
from services.incidents.report.filing import FilingHandlers
from services.incidents.report.handlers import NewReport, ReportHandlers
from services.incidents.report.schemas import (
    FiledReportView,
    ReportPage,
    ReportView,
    filed_report_view,
    report_view,
)
from services.incidents.report.store import ReportFilter

router = APIRouter(prefix="/reports", tags=["reports"], route_class=PlainRoute)
Handlers = Annotated[ReportHandlers, provided(ReportHandlers)]
Id = Annotated[str, id_path("rep")]
Anyone = Annotated[Principal, allow("own")]
Reporter = Annotated[Principal, allow("report.file")]
Manager = Annotated[Principal, allow("report.manage")]
States = Annotated[
    list[ReportState] | None, Query(alias="state", max_length=14, description="any of these")
]
First = Annotated[date | None, Query(alias="from", description="local day of filing, or later")]
Last = Annotated[date | None, Query(alias="to", description="local day of filing, or before")]
Typed = Annotated[
    str | None,
    Query(
        min_length=2,
        max_length=40,
        pattern=r"^ *[^\x00-\x20][^\x00-\x1f]*[^\x00-\x20] *$",
        description="a number in any form, or words as they stand in the text",
    ),
]
_PHOTO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The photo", "content": PHOTO_CONTENT}
}


def shown_to(who: Principal, report: Report, reports: ReportHandlers) -> ReportView:
    now = reports.now()
    return report_view(report, capacity(report, who, now), now)


@router.post(
    "",
    status_code=201,
    summary="File a report",
    responses=refuses(
        "not_signed_in",
        "not_allowed",
        "outside_jinan",
        "community_unknown",
        "community_elsewhere",
        "photo_unknown",
        "finished_by_volunteers",
        "finished_with_name",
        "text_empty",
        "too_many_reports",
    ),
)
@hot  # benchmark rows 2 and 7
async def file_report(
    body: FileReport,
    who: Annotated[
        Principal | None, anyone("a report may be anonymous, and filed without an account")
    ],
    reports: Handlers,
    filing: Annotated[FilingHandlers, provided(FilingHandlers)],
    caller: Caller,
    cause: RequestCause,
) -> FiledReportView:
    """The answer has the number to follow it by. Danger and crime go to the police at once, with
    advice on what to do. The same words and place within a minute are one report."""
    if who is None and not body.anonymous:
        raise Refusal("not_signed_in")
    if who is not None and not who.grants_for("report.file"):
        raise Refusal("not_allowed")
    new = NewReport(
        text=body.text,
        category=body.category,
        datum=body.location.datum,
        community=body.community,
        point=Point(body.location.longitude, body.location.latitude),
        photo=body.photo,
        anonymous=body.anonymous,
        finished=body.finished,
        people_needed=body.people_needed,
    )
    report, key = await filing.file(new, who, cause, caller)
    return filed_report_view(report, key, reports.now())


@router.get(
    "",
    summary="My reports, or those of an area",
    responses=refuses("number_check", "days_order", "search_days", "search_slow"),
)
async def list_reports(
    who: Anyone,
    reports: Handlers,
    mine: bool = False,
    station: Annotated[str | None, id_query("sta", "sta_duandian")] = None,
    area: Annotated[str | None, Query(pattern=AREA_PATTERN)] = None,
    states: States = None,
    route: Route | None = None,
    category: Category | None = None,
    triage: bool | None = None,
    escalated: bool | None = None,
    q: Typed = None,
    first: First = None,
    last: Last = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ReportPage:
    """Newest first. Officers and committees see their own areas: all of them without `mine`,
    `station` or `area`. Words are looked for in the last 31 days, or in 31 others."""
    wanted = ReportFilter(
        station=station,
        states=tuple(states or ()),
        route=route,
        category=category,
        triage=triage,
        escalated=escalated,
    )
    found = await reports.newest(
        who,
        wanted,
        Search(q, first, last),
        mine=mine,
        area=area,
        after=from_cursor(cursor),
        limit=limit + 1,
    )
    page, following = page_of(found, limit, lambda report: to_cursor(report.filed_at, report.id))
    return ReportPage(items=[shown_to(who, report, reports) for report in page], next=following)


@router.get("/{id}", summary="Read a report")
async def get_report(id: Id, who: Anyone, reports: Handlers) -> ReportView:
    """For the reporter, the area's officers and committee, and the volunteers who accepted it with
    their squad's leader until a day after its end. Not found for anybody else."""
    return shown_to(who, await reports.read(id, who), reports)


@router.get(
    "/{id}/photo", response_class=Response, summary="The photo of a report", responses=_PHOTO
)
async def get_report_photo(
    id: Id, who: Anyone, reports: Handlers, photos: Annotated[Photos, provided(Photos)]
) -> Response:
    """For those who may read the report."""
    report = await reports.read(id, who)
    found = await photos.get(report.photo) if report.photo else None
    if found is None:
        raise NotFound(id)
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.post(
    "/{id}/route",
    summary="Route it another way",
    responses=refuses(
        "wrong_state",
        "never_volunteers",
        "log_is_own",
        "reason_required",
        "community_first",
        "committee_without_staff",
    ),
)
async def route_report(
    id: Id, body: RouteReport, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer; a new round begins, with a reason unless it is the first. Never volunteers to
    violence, crime or danger to life, never a committee that nobody staffs."""
    return shown_to(
        who, await reports.reroute(id, NewRoute(**body.model_dump()), who, cause), reports
    )


@router.post(
    "/{id}/acknowledge", summary="The police take it over", responses=refuses("wrong_state")
)
async def acknowledge_report(
    id: Id, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer, for a matter that was handed off, or that somebody is asked to look at."""
    return shown_to(who, await reports.acknowledge(id, who, cause), reports)


@router.post("/{id}/resolve", summary="It is dealt with", responses=refuses("wrong_state"))
async def resolve_report(
    id: Id, body: ReportResolution, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the committee for what it was given, by an officer for any report. The reporter is asked
    to confirm."""
    return shown_to(who, await reports.resolve(id, body.outcome, body.note, who, cause), reports)


@router.post(
    "/{id}/close",
    summary="Close it for the station",
    responses=refuses("wrong_state", "reporter_has_time", "resolve_first"),
)
async def close_report(
    id: Id, body: ReportResolution, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer: a police matter with an outcome for the reporter, or for a reporter who was
    silent for 72 hours."""
    return shown_to(who, await reports.close(id, body.outcome, body.note, who, cause), reports)


@router.post("/{id}/reject", summary="Do not accept it", responses=refuses("wrong_state"))
async def reject_report(
    id: Id, body: ReportReason, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer, with a reason for the reporter, before anybody has answered it."""
    return shown_to(who, await reports.reject(id, body.reason, who, cause), reports)


@router.post(
    "/{id}/return",
    summary="Return it to the station",
    responses=refuses("wrong_state", "too_late_to_return"),
)
async def return_report(
    id: Id, body: ReportReason, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the committee, within two working days."""
    return shown_to(who, await reports.return_to_station(id, body.reason, who, cause), reports)


@router.post("/{id}/confirm", summary="It really is solved", responses=refuses("wrong_state"))
async def confirm_report(
    id: Id, who: Reporter, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the reporter; this closes it."""
    return shown_to(who, await reports.confirm(id, who, cause), reports)


@router.post("/{id}/reopen", summary="It is not solved", responses=refuses("wrong_state"))
async def reopen_report(
    id: Id, body: ReportReason, who: Reporter, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the reporter; a new round begins on the same route, or with the police where the reason
    tells of danger."""
    return shown_to(who, await reports.reopen(id, body.reason, who, cause), reports)


@router.post(
    "/{id}/withdraw", summary="Withdraw it", responses=refuses("wrong_state", "with_police")
)
async def withdraw_report(
    id: Id, body: ReportReason, who: Reporter, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the reporter, while it is not with the police; volunteers on their way are stood down."""
    return shown_to(who, await reports.withdraw(id, body.reason, who, cause), reports)


@router.post(
    "/{id}/notes", status_code=201, summary="Add a note", responses=refuses("too_many_notes")
)
async def add_report_note(
    id: Id, body: ReportNote, who: Anyone, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By anybody who may read it; a correction is a new note."""
    return shown_to(who, await reports.add_note(id, body.text, who, cause), reports)
