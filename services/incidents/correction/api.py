"""Corrections of a report's place, community and category."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, free_text, id_path
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import Category
from jinan.areas import COMMUNITY_PATTERN
from jinan.coordinates import Point
from services.incidents.correction.handlers import CorrectionHandlers, NewCorrection
from services.incidents.report.api import shown_to
from services.incidents.report.bodies import ReportLocation
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.schemas import ReportView

router = APIRouter(prefix="/reports", tags=["reports"], route_class=PlainRoute)


class CorrectReport(Body):
    """What is left out stays as it was. A new location stays in the report's community unless a new
    one is given. Officers give a reason; the reporter gives the community only."""

    location: ReportLocation | None = None
    community: Annotated[
        str | None, Field(pattern=COMMUNITY_PATTERN, examples=["370104009008"])
    ] = None
    category: Category | None = None
    reason: Annotated[str | None, free_text(500), Field(examples=["报告人记错了社区"])] = None


@router.post(
    "/{id}/corrections",
    status_code=201,
    summary="Correct place, community or category",
    responses=refuses(
        "wrong_state",
        "reason_required",
        "nothing_corrected",
        "community_only",
        "too_many_corrections",
        "outside_jinan",
        "community_unknown",
        "community_elsewhere",
    ),
)
async def correct_report(
    id: Annotated[str, id_path("rep")],
    body: CorrectReport,
    who: Annotated[Principal, allow("report.file")],
    corrections: Annotated[CorrectionHandlers, provided(CorrectionHandlers)],
    reports: Annotated[ReportHandlers, provided(ReportHandlers)],
    cause: RequestCause,
) -> ReportView:
    """By an officer, or by the reporter who chooses the community. What was there before stays in
    the time line. Whoever answers for the new place is asked; an officer may move a report out of
    their own area, and does not read it any more."""
    where = body.location
    new = NewCorrection(
        point=Point(where.longitude, where.latitude) if where else None,
        datum=where.datum if where else "wgs84",
        community=body.community,
        category=body.category,
        reason=body.reason,
    )
    return shown_to(who, await corrections.correct(id, new, who, cause), reports)
