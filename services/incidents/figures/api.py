"""Figures of an area."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import UtcDatetime, View
from chassis.identity.guards import Principal, allow
from contracts import ids
from jinan.areas import AREA_PATTERN
from services.incidents.figures.domain import Figures, may_see, span
from services.incidents.figures.store import count_reports
from services.incidents.report.store import Reports

router = APIRouter(prefix="/figures", tags=["figures"], route_class=PlainRoute)


class FiguresView(View, Figures):
    """Medians in minutes from filing. `confirmed_by`: station = the reporter stayed silent."""

    area: ids.AreaCode


@router.get("", summary="Figures of an area", responses=refuses("span_invalid"))
async def get_figures(
    who: Annotated[Principal, allow("figures.read")],
    reports: Annotated[Reports, provided(Reports)],
    clock: Now,
    area: Annotated[str, Query(pattern=AREA_PATTERN, examples=["370104009"])],
    since: Annotated[
        UtcDatetime | None, Query(alias="from", description="inclusive; 30 days before `to`")
    ] = None,
    until: Annotated[UtcDatetime | None, Query(alias="to", description="exclusive; now")] = None,
) -> FiguresView:
    """Of reports filed in the span, at most 366 days. Residents and volunteers: of one community
    (12 digits)."""
    if not may_see(who, area):
        raise Refusal("outside_area")
    begin, end = span(since, until, clock.now())
    return FiguresView(**vars(await count_reports(reports, area, begin, end)))
