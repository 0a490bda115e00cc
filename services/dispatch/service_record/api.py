"""Hours, with the evidence for each."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from services.dispatch.policy import LOCAL
from services.dispatch.responder.store import Responders
from services.dispatch.service_record.domain import ServiceRecord
from services.dispatch.service_record.handlers import ServiceRecordHandlers
from services.dispatch.squad.store import Stations

router = APIRouter(prefix="/service-records", tags=["service-records"], route_class=PlainRoute)


class EvidenceView(BaseModel):
    """Work from `since` until `until`: `source` is the call-out's id where `kind` is `callout`."""

    kind: str
    source: str
    since: datetime
    until: datetime


class ServiceRecordView(BaseModel):
    """One day in Jinan; overlaps count once, and nothing below ten minutes."""

    volunteer: str
    day: date
    minutes: int
    evidence: list[EvidenceView]


class ServiceRecordPage(BaseModel):
    """Days in order."""

    records: list[ServiceRecordView]


def _view(record: ServiceRecord) -> ServiceRecordView:
    evidence = [
        EvidenceView(kind=e.kind, source=e.source, since=e.since, until=e.until)
        for e in record.evidence
    ]
    return ServiceRecordView(
        volunteer=record.volunteer,
        day=date.fromisoformat(record.day),
        minutes=record.minutes,
        evidence=evidence,
    )


@router.get("", summary="Hours by day")
async def listed(
    who: Annotated[Principal, allow("own")],
    records: Annotated[ServiceRecordHandlers, provided(ServiceRecordHandlers)],
    responders: Annotated[Responders, provided(Responders)],
    stations: Annotated[Stations, provided(Stations)],
    clock: Now,
    mine: bool = False,
    volunteer: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> ServiceRecordPage:
    """`mine`, or those of a `volunteer` of the officer's area or the leader's squad. Without days:
    the last 30."""
    if mine == (volunteer is not None):
        raise Refusal("bad_request", fields={"query.volunteer": "dispatch.mine_or_volunteer"})
    if volunteer is not None and volunteer != who.subject:
        await _may_read(who, volunteer, responders, stations)
    last = last or clock.now().astimezone(LOCAL).date()
    first = first or last - min(timedelta(days=30), last - date.min)
    found = await records.of(volunteer or who.subject, first.isoformat(), last.isoformat())
    return ServiceRecordPage(records=[_view(record) for record in found])


async def _may_read(
    who: Principal, volunteer: str, responders: Responders, stations: Stations
) -> None:
    """Raises 404: whether somebody is a volunteer is not for others to know."""
    person = await responders.get(volunteer)
    if person is None:
        raise Refusal("not_found")
    streets = await stations.streets(person.station)
    if not any(who.may("callout.command", street, squad=person.squad) for street in streets):
        raise Refusal("not_found")
