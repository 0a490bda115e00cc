"""Hours, with the evidence for each."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, from_cursor, to_cursor
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import View, id_query
from chassis.identity.guards import Principal, allow
from contracts import ids
from jinan.local_time import local_date
from services.dispatch.service_record.domain import ServiceRecord, shown
from services.dispatch.service_record.handlers import ServiceRecordHandlers

router = APIRouter(prefix="/service-records", tags=["service-records"], route_class=PlainRoute)


class EvidenceView(View):
    """Work from `since` until `until`: `source` is the call-out's id where `kind` is `callout`."""

    kind: str = Field(examples=["callout"])
    source: str
    since: datetime
    until: datetime


class ServiceRecordView(View):
    """One day in Jinan; overlaps count once, and nothing below ten minutes. `evidence` is what the
    minutes follow from: that of a stretch over midnight stands under both days."""

    volunteer: ids.AccountId
    day: date
    minutes: int
    evidence: list[EvidenceView]


class ServiceRecordPage(Page[ServiceRecordView]):
    """Days in order."""


def _view(record: ServiceRecord) -> ServiceRecordView:
    evidence = [
        EvidenceView(kind=e.kind, source=e.source, since=e.since, until=e.until)
        for e in shown(record)
    ]
    return ServiceRecordView(
        volunteer=record.volunteer,
        day=date.fromisoformat(record.day),
        minutes=record.minutes,
        evidence=evidence,
    )


@router.get("", summary="Hours by day", responses=refuses("not_found", "mine_or_volunteer"))
async def list_service_records(
    who: Annotated[Principal, allow("own")],
    handlers: Annotated[ServiceRecordHandlers, provided(ServiceRecordHandlers)],
    clock: Now,
    mine: bool = False,
    volunteer: Annotated[str | None, id_query("acc")] = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ServiceRecordPage:
    """`mine`, or those of a `volunteer` of the officer's area or the leader's squad. Without days:
    the last 30."""
    if mine == (volunteer is not None):
        raise Refusal("mine_or_volunteer", "query.volunteer")
    last = last or local_date(clock.now())
    first = first or last - min(timedelta(days=30), last - date.min)
    if after := from_cursor(cursor):
        first = max(first, after.at.date())
    found = await handlers.list_days(
        who, volunteer or who.subject, first.isoformat(), last.isoformat(), limit + 1
    )
    following = found[limit].day if len(found) > limit else None
    return ServiceRecordPage(
        items=[_view(record) for record in found[:limit]],
        next=_cursor(following) if following else None,
    )


def _cursor(day: str) -> str:
    """Of the day that the next page starts with."""
    return to_cursor(datetime.combine(date.fromisoformat(day), time(), UTC), "")
