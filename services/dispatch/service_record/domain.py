"""Hours: the union of evidence first, then cut by days, in minutes. Each can be traced to its
evidence; late evidence recomputes.

A day is a day in Jinan. A stretch of work (overlapping or touching evidence, taken once) that is
shorter than the policy's minimum counts nothing. One over midnight is measured whole, so a day
keeps what lies close to it, too: evidence of the next day may be what makes a stretch long enough.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from pydantic import computed_field

from chassis.domain import Aggregate, Frozen, derived_id
from contracts.envelope import Event
from contracts.events.dispatch import HoursCredited
from jinan.local_time import LOCAL, local_date
from services.dispatch.policy import POLICIES, DispatchPolicy

Span = tuple[datetime, datetime]
_MINUTE = timedelta(minutes=1)
_CLOSE = max(policy.min_work_minutes for policy in POLICIES) * _MINUTE
"""What is further from a day cannot decide whether a stretch of the day is long enough."""


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
    """Of the day, and close to it."""
    minutes: int = 0
    policy: str = ""

    @computed_field
    @property
    def worked(self) -> bool:
        """Whether any of the evidence lies in the day, for queries."""
        begin, end = _bounds(self.day)
        return any(one.since < end and one.until > begin for one in self.evidence)


def blank(volunteer: str, day: str) -> ServiceRecord:
    return ServiceRecord(id=derived_id("srv", volunteer, day), volunteer=volunteer, day=day)


def days_of(evidence: Evidence) -> list[str]:
    """The days that the evidence touches or is close to; none if it has no length."""
    if evidence.until <= evidence.since:
        return []
    first = local_date(evidence.since - _CLOSE)
    last = local_date(evidence.until + _CLOSE)
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def begin_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), LOCAL)


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
    fact = HoursCredited(
        volunteer=record.volunteer,
        day=date.fromisoformat(record.day),
        minutes=minutes,
        evidence=len(shown(changed)),
    )
    return changed, (fact,)


def credited_minutes(evidence: Sequence[Evidence], day: str, policy: DispatchPolicy) -> int:
    """Whole minutes of the union that lie in the day. The parts of a stretch add up: it is cut
    where its last whole minute before midnight ends."""
    spans = [(e.since, e.until) for e in evidence]
    begin, end = (_cut(spans, midnight) for midnight in _bounds(day))
    total = timedelta()
    for since, until in united(spans):
        if until - since >= timedelta(minutes=policy.min_work_minutes):
            total += max(timedelta(), min(until, end) - max(since, begin))
    return int(total / _MINUTE)


def _cut(spans: Sequence[Span], midnight: datetime) -> datetime:
    """Where the days before and after `midnight` part. Both know all evidence that reaches it, so
    they cut at the same time."""
    if not any(since < midnight < until for since, until in united(spans)):
        return midnight
    reaching = (since for since, until in spans if since < midnight <= until)
    return midnight - (midnight - min(reaching)) % _MINUTE


def shown(record: ServiceRecord) -> list[Evidence]:
    """What the day's minutes follow from: the evidence of each stretch that has a part in it."""
    begin, end = _bounds(record.day)
    stretches = united([(e.since, e.until) for e in record.evidence])
    of_day = [(since, until) for since, until in stretches if since < end and until > begin]
    return [
        one
        for one in record.evidence
        if any(since <= one.since and one.until <= until for since, until in of_day)
    ]


def _bounds(day: str) -> Span:
    begin = begin_of(day)
    return begin, begin + timedelta(days=1)


def united(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch as one."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found
