"""Counts and medians of an area, without persons."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import UtcDatetime
from chassis.identity.guards import Principal, allow
from services.incidents.figures.domain import may_see
from services.incidents.figures.store import count
from services.incidents.report.store import Reports

router = APIRouter(prefix="/figures", tags=["figures"], route_class=PlainRoute)
LONGEST = timedelta(days=366)
USUAL = timedelta(days=30)


class FiguresView(BaseModel):
    """Medians in minutes from filing. `confirmed_by`: station = the reporter stayed silent."""

    area: str
    since: AwareDatetime
    until: AwareDatetime
    reports: int
    by_route: dict[str, int]
    by_category: dict[str, int]
    by_state: dict[str, int]
    by_end: dict[str, int]
    confirmed_by: dict[str, int]
    reopened: int
    minutes_to_accepted: float | None
    minutes_to_resolved: float | None


@router.get("", summary="Figures of an area")
async def figures(
    who: Annotated[Principal, allow("figures.read")],
    reports: Annotated[Reports, provided(Reports)],
    clock: Now,
    area: Annotated[str, Query(pattern=r"^3701(\d{2}(\d{3}(\d{3})?)?)?$", examples=["370104009"])],
    since: Annotated[
        UtcDatetime | None, Query(alias="from", description="inclusive; 30 days before `to`")
    ] = None,
    until: Annotated[UtcDatetime | None, Query(alias="to", description="exclusive; now")] = None,
) -> FiguresView:
    """Of reports filed in the span, at most 366 days. Residents and volunteers: of one community
    (12 digits)."""
    if not may_see(who, area):
        raise Refusal("outside_area")
    end = until or clock.now() + timedelta(milliseconds=1)
    try:
        begin = since or end - USUAL
        if not timedelta(0) <= end - begin <= LONGEST:
            raise Refusal("span_invalid", "query.from", days=LONGEST.days)
    except OverflowError:
        raise Refusal("span_invalid", "query.from", days=LONGEST.days) from None
    counted = await count(reports, area, begin, end)
    return FiguresView(area=area, since=begin, until=end, **vars(counted))
