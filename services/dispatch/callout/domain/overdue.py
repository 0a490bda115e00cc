"""Who accepted and gives no sign is asked, then their leader is told, then the place is free again;
a call-out that stays open ends. Each function gives the new state and its facts, or None where
nothing is due."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from contracts.envelope import Event
from services.dispatch.callout import events
from services.dispatch.callout.domain import attendance, attendance_limits
from services.dispatch.callout.domain.filling import place_freed
from services.dispatch.callout.domain.next_step import with_due
from services.dispatch.callout.domain.state import (
    COMING,
    Callout,
    Candidate,
    Decision,
    Overdue,
)
from services.dispatch.policy import DispatchPolicy


def chase(
    callout: Callout, leaders: Mapping[str, str], policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """The next step for everybody who is due one. `leaders` has the leader of each squad that has
    one."""
    due = [] if callout.ended else attendance_limits.overdue(callout, policy, now)
    if not due:
        return None
    asked = [c for c in due if c.overdue is None]
    told = [c for c in due if c.overdue is not None and c.overdue.step == "asked"]
    missing = [c for c in due if c.overdue is not None and c.overdue.step == "told"]
    callout, facts = _ask(callout, asked, policy, now)
    callout, more = _tell(callout, told, leaders, policy, now)
    facts = [*facts, *more]
    if not missing:
        return with_due(callout, policy, now), facts
    callout, more = _give_up(callout, missing, policy, now)
    return attendance.left(callout, [*facts, *more], policy, now)


def _ask(
    callout: Callout, due: Sequence[Candidate], policy: DispatchPolicy, now: datetime
) -> Decision:
    until = now + timedelta(seconds=policy.sign_asked_answer_s)
    asked = [Overdue(about=attendance_limits.about(c), step="asked", until=until) for c in due]
    pairs = list(zip(due, asked, strict=True))
    after = callout.with_candidates(*(c.with_(overdue=one) for c, one in pairs))
    return after, [events.sign_asked(after, c.volunteer, one.about, until) for c, one in pairs]


def _tell(
    callout: Callout,
    due: Sequence[Candidate],
    leaders: Mapping[str, str],
    policy: DispatchPolicy,
    now: datetime,
) -> Decision:
    """The leader of their squad; the station, once, where somebody has no leader but themselves or
    a party to the matter."""
    until = now + timedelta(seconds=policy.sign_leader_s)
    facts: list[Event] = []
    for c in due:
        about = attendance_limits.about(c)
        callout = callout.with_candidates(
            c.with_(overdue=Overdue(about=about, step="told", until=until))
        )
        leader = leaders.get(c.squad or "")
        to = [] if leader in (None, c.volunteer, *callout.parties) else [leader]
        facts.append(events.overdue(callout, c.volunteer, about, to, until))
        if not to and not callout.station_told and callout.escalated_to != "station":
            callout = callout.with_(station_told=True)
            facts.append(events.escalated(callout, "station", "too_few"))
    return callout, facts


def _give_up(
    callout: Callout, due: Sequence[Candidate], policy: DispatchPolicy, now: datetime
) -> Decision:
    """Who never came has lost the place. The hours of who never finished end at the limit."""
    after = callout.with_candidates(*(attendance.missed(c, now) for c in due))
    if any(c.state != "on_scene" for c in due):
        after = place_freed(after, now)
    facts: list[Event] = []
    for c in due:
        facts += _capped(after, c, policy, now)
        facts.append(events.missed(after, c.volunteer, attendance_limits.about(c)))
    absent = [c for c in due if c.state != "on_scene"]
    return after, [*facts, *events.stood_down(after, absent, "no_sign")]


def expire(callout: Callout, policy: DispatchPolicy, now: datetime) -> Decision | None:
    """It has been open for too long. With an outcome it is done; else the station is told, if it
    does not know it yet, that nobody will tell it how this ended."""
    if callout.ended or attendance_limits.ends_at(callout, policy) > now:
        return None
    staying = callout.in_state(*COMING)
    facts = [fact for c in staying for fact in _capped(callout, c, policy, now)]
    left = (attendance.stood_down(c, "report_ended", now) for c in staying)
    callout = callout.with_candidates(*left)
    facts += events.stood_down(callout, staying, "report_ended")
    if callout.outcome is not None:
        return attendance.left(callout, facts, policy, now)
    if callout.escalated_to != "station":
        callout = callout.with_(escalated_to="station")
        facts.append(events.escalated(callout, "station", "too_few"))
    ended = attendance.stand_down(callout, "closed", policy, now)
    return (ended[0], [*facts, *ended[1]]) if ended else None


def _capped(
    callout: Callout, candidate: Candidate, policy: DispatchPolicy, now: datetime
) -> list[Event]:
    if candidate.state != "on_scene":
        return []
    until = min(now, attendance_limits.sign_due_at(candidate, policy))
    return attendance.evidence(callout, candidate, policy, until, capped=True)
