"""Reports: filing, reading, and what each side does with them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.domain import Refusal
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute, hot
from chassis.identity.guards import Principal, allow, anyone
from contracts.vocabulary import Category, Route
from jinan.areas import covers
from jinan.coordinates import Point
from services.incidents.page import Cursor
from services.incidents.photo.store import Photos
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.report.bodies import FileReport, Reason, Resolution, RouteReport, Words
from services.incidents.report.decisions import NewRoute
from services.incidents.report.domain import State
from services.incidents.report.handlers import NewReport, ReportHandlers
from services.incidents.report.store import Reports, Wanted
from services.incidents.report.views import (
    FiledView,
    ReportList,
    ReportView,
    filed_view,
    report_view,
)

router = APIRouter(prefix="/reports", tags=["reports"], route_class=PlainRoute)
Handlers = Annotated[ReportHandlers, provided(ReportHandlers)]
Anyone = Annotated[Principal, allow("own")]
Reporter = Annotated[Principal, allow("report.file")]
Manager = Annotated[Principal, allow("report.manage")]
Code = Annotated[str, Query(max_length=64)]


@router.post("", status_code=201, response_model_exclude_none=True, summary="File a report")
@hot  # benchmark rows 2 and 7
async def file(
    body: FileReport,
    who: Annotated[
        Principal | None, anyone("a report may be anonymous, and filed without an account")
    ],
    reports: Handlers,
    cause: RequestCause,
) -> FiledView:
    """The answer has the number to follow it by. Danger and crime go to the police at once, with
    advice what to do."""
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
    report, key = await reports.file(new, who, cause)
    return filed_view(report, key)


@router.get("", response_model_exclude_none=True, summary="My reports, or those of an area")
async def list_reports(
    who: Anyone,
    reports: Annotated[Reports, provided(Reports)],
    places: Annotated[PlaceHandlers, provided(PlaceHandlers)],
    mine: bool = False,
    station: Code | None = None,
    area: Annotated[str | None, Query(pattern=r"^3701(\d{2}(\d{3}(\d{3})?)?)?$")] = None,
    state: State | None = None,
    route: Route | None = None,
    category: Category | None = None,
    triage: bool | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ReportList:
    """Newest first. Officers and committees see their own areas; without `mine`, `station` or
    `area`, all of them."""
    if mine:
        wanted = Wanted(
            reporter=who.subject, state=state, route=route, category=category, triage=triage
        )
    else:
        asked = await places.streets_of(station) if station else (area,) if area else None
        open_to, without_police = _reach(who, asked)
        wanted = Wanted(
            areas=open_to,
            not_police_in=without_police,
            station=station,
            state=state,
            route=route,
            category=category,
            triage=triage,
        )
    found, following = await reports.page(wanted, cursor, limit)
    return ReportList(reports=[report_view(report) for report in found], next=following)


def _reach(
    who: Principal, asked: tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the areas asked for, those that the person sees as an officer, and those as committee
    staff.

    Raises 403 when there are none; an area that is wider than the person's own is narrowed to it.
    """

    def seen(role: str) -> tuple[str, ...]:
        own = [grant.area for grant in who.grants_for("report.manage") if grant.role == role]
        if asked is None:
            return tuple(own)
        inner = {a for a in asked for g in own if covers(g, a)} | {
            g for a in asked for g in own if covers(a, g)
        }
        return tuple(sorted(inner))

    officer, committee = seen("officer"), seen("committee")
    if not officer and not committee:
        raise Refusal("outside_area")
    return officer, committee


@router.get("/{id}", response_model_exclude_none=True, summary="One report")
async def get(id: str, who: Anyone, reports: Handlers) -> ReportView:
    """The reporter's own, an officer's or committee's area, or accepted by oneself or one's squad;
    else 404."""
    report, _ = await reports.readable(id, who)
    return report_view(report)


@router.get(
    "/{id}/photo",
    response_class=Response,
    summary="The photo of a report",
    responses={200: {"content": {kind: {} for kind in ("image/jpeg", "image/png", "image/webp")}}},
)
async def photo(
    id: str, who: Anyone, reports: Handlers, photos: Annotated[Photos, provided(Photos)]
) -> Response:
    """For those who may read the report."""
    report, _ = await reports.readable(id, who)
    found = await photos.get(report.photo) if report.photo else None
    if found is None:
        raise Refusal("not_found")
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.post("/{id}/route", response_model_exclude_none=True, summary="Route it another way")
async def reroute(
    id: str, body: RouteReport, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer, with a reason; a new round begins. Never volunteers to violence, crime or
    danger to life."""
    return report_view(await reports.reroute(id, NewRoute(**body.model_dump()), who, cause))


@router.post(
    "/{id}/acknowledge", response_model_exclude_none=True, summary="The police take it over"
)
async def acknowledge(id: str, who: Manager, reports: Handlers, cause: RequestCause) -> ReportView:
    """By an officer, of a matter that was handed off."""
    return report_view(await reports.acknowledge(id, who, cause))


@router.post("/{id}/resolve", response_model_exclude_none=True, summary="It is dealt with")
async def resolve(
    id: str, body: Resolution, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the committee for what was given to it, by an officer for any; the reporter is asked to
    confirm."""
    return report_view(await reports.resolve(id, body.outcome, body.note, who, cause))


@router.post("/{id}/close", response_model_exclude_none=True, summary="Close it for the station")
async def close(
    id: str, body: Resolution, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer: a police matter with an outcome for the reporter, or for a reporter silent for
    72 hours."""
    return report_view(await reports.close(id, body.outcome, body.note, who, cause))


@router.post("/{id}/reject", response_model_exclude_none=True, summary="Not accepted")
async def reject(
    id: str, body: Reason, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By an officer, with the reason that the reporter reads; before anybody has answered it."""
    return report_view(await reports.refuse(id, body.reason, who, cause))


@router.post(
    "/{id}/return", response_model_exclude_none=True, summary="Give it back to the station"
)
async def give_back(
    id: str, body: Reason, who: Manager, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the committee, within two working days."""
    return report_view(await reports.give_back(id, body.reason, who, cause))


@router.post("/{id}/confirm", response_model_exclude_none=True, summary="It really is solved")
async def confirm(id: str, who: Reporter, reports: Handlers, cause: RequestCause) -> ReportView:
    """By the reporter; this closes it."""
    return report_view(await reports.confirm(id, who, cause))


@router.post("/{id}/reopen", response_model_exclude_none=True, summary="It is not solved")
async def reopen(
    id: str, body: Reason, who: Reporter, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the reporter; a new round begins by the same route."""
    return report_view(await reports.reopen(id, body.reason, who, cause))


@router.post("/{id}/withdraw", response_model_exclude_none=True, summary="Take it back")
async def withdraw(
    id: str, body: Reason, who: Reporter, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By the reporter, while it is not with the police; whoever is on the way is stood down."""
    return report_view(await reports.withdraw(id, body.reason, who, cause))


@router.post("/{id}/notes", status_code=201, response_model_exclude_none=True, summary="Add a note")
async def note(
    id: str, body: Words, who: Anyone, reports: Handlers, cause: RequestCause
) -> ReportView:
    """By anyone who may read it; a correction is a new note."""
    return report_view(await reports.note(id, body.text, who, cause))
