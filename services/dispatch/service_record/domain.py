"""Hours: the union of a day's evidence, in minutes. Each can be traced to its evidence; late
evidence recomputes.

A day is a day in Jinan. A stretch of work (overlapping or touching evidence, taken once) that is
shorter than the policy's minimum counts nothing; one over midnight is measured whole, and each day
gets its part.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from chassis.domain import Aggregate, Frozen, derived_id
from contracts.envelope import Event
from contracts.events.dispatch import HoursCredited
from jinan.local_time import LOCAL, local_date
from services.dispatch.policy import DispatchPolicy

Span = tuple[datetime, datetime]


class Evidence(Frozen):
    """Work from `since` until `until`; `kind` says of what (`callout`), `source` of which one."""

    id: str
    kind: str
    source: str
    since: datetime
    until: datetime


class ServiceRecord(Aggregate):
    """One volunteer's day; `day` as in 2026-03-05."""

    volunteer: str
    day: str
    evidence: tuple[Evidence, ...] = ()
    minutes: int = 0
    policy: str = ""


def blank(volunteer: str, day: str) -> ServiceRecord:
    return ServiceRecord(id=derived_id("srv", volunteer, day), volunteer=volunteer, day=day)


def days_of(evidence: Evidence) -> list[str]:
    """The days that the evidence touches; none if it has no length."""
    if evidence.until <= evidence.since:
        return []
    first = local_date(evidence.since)
    last = local_date(evidence.until - timedelta(microseconds=1))
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def credit(
    record: ServiceRecord, evidence: Evidence, policy: DispatchPolicy
) -> tuple[ServiceRecord, Sequence[Event]] | None:
    """None for evidence that is there already."""
    if any(known.id == evidence.id for known in record.evidence):
        return None
    everything = tuple(sorted((*record.evidence, evidence), key=lambda e: (e.since, e.until, e.id)))
    minutes = credited_minutes(everything, record.day, policy)
    changed = record.with_(evidence=everything, minutes=minutes, policy=policy.version)
    if minutes == record.minutes:
        return changed, ()
    day = date.fromisoformat(record.day)
    fact = HoursCredited(
        volunteer=record.volunteer, day=day, minutes=minutes, evidence=len(everything)
    )
    return changed, (fact,)


def credited_minutes(evidence: Sequence[Evidence], day: str, policy: DispatchPolicy) -> int:
    """Whole minutes of the union that lie in the day."""
    begin = datetime.combine(date.fromisoformat(day), time(), LOCAL)
    end = begin + timedelta(days=1)
    total = timedelta()
    for since, until in united([(e.since, e.until) for e in evidence]):
        if until - since >= timedelta(minutes=policy.min_work_minutes):
            total += max(timedelta(), min(until, end) - max(since, begin))
    return int(total / timedelta(minutes=1))


def united(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch as one."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found
