"""What the events of a call-out mean for its report.

They may arrive in any order and more than once. Each is decided on the state it finds; one that
belongs to another round, or to a report that volunteers no longer answer, changes nothing.

That volunteers are being called is decided by the write itself (`Reports.mark_called`): every
report with volunteers goes through it, and it needs nothing of the report but its state.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from chassis.domain import Decision
from contracts.events import dispatch
from contracts.vocabulary import Outcome
from services.incidents.report import events
from services.incidents.report.domain.decisions import return_unsolved
from services.incidents.report.domain.ending import resolve
from services.incidents.report.domain.parts import Helper, TimelineEntry
from services.incidents.report.domain.report import RULES, VOLUNTEERS, Actor, Report
from services.incidents.report.domain.states import ReportState

Shortage = Literal["nobody_answered", "nobody_on_duty", "too_few"]
_BEFORE_ACCEPTED: frozenset[ReportState] = frozenset({"routed", "called"})
_UNDER_WAY: frozenset[ReportState] = frozenset({"routed", "called", "accepted", "on_scene"})


def concerns_report(event: dispatch.CalloutEvent) -> bool:
    """False for an event that changes no report, whatever its state: who never accepted could not
    read it."""
    match event:
        case dispatch.WaveStoodDown():
            return bool(event.accepted)
        case dispatch.CalloutEscalated():
            return event.to == "station"
        case _:
            return True


def follow(report: Report, event: dispatch.CalloutEvent, now: datetime) -> Decision[Report] | None:
    """The decision on an event that may change the report."""
    match event:
        case dispatch.CalloutAccepted():
            return accepted(report, event.round, event.volunteer, event.squad, now, event.place)
        case dispatch.VolunteerArrived():
            return arrived(report, event.round, event.volunteer, now)
        case dispatch.VolunteerWithdrew():
            return left(report, event.round, (event.volunteer,))
        case dispatch.WaveStoodDown():
            return left(report, event.round, event.accepted)
        case dispatch.VolunteerMissed():
            return left(report, event.round, (event.volunteer,))
        case dispatch.CalloutDone():
            return done(report, event.round, event.outcome, now)
        case dispatch.CalloutEscalated(to="station"):
            return escalated(report, event.round, event.why, now)
        case _:
            return None


def _is_current(report: Report, round_: int) -> bool:
    return report.route == "volunteers" and report.round == round_


def called(round_: int, now: datetime) -> TimelineEntry:
    """The line of a report in state `routed` that volunteers are called for."""
    return TimelineEntry(at=now, what="called", by_role=RULES.role, round=round_)


def accepted(
    report: Report,
    round_: int,
    volunteer: str,
    squad: str | None,
    now: datetime,
    place: int = 1,
) -> Decision[Report] | None:
    """A volunteer accepted, and may read the report from now on. The first one is the first
    answer. With the last place taken nobody is asked any more because too few came."""
    if not _is_current(report, round_) or any(
        h.volunteer == volunteer and h.round == round_ for h in report.helpers
    ):
        return None
    helper = Helper(volunteer=volunteer, squad=squad, round=round_)
    joined = report.with_(helpers=(*report.helpers, helper))
    if report.state not in _UNDER_WAY:
        return joined, []
    waits = joined.referral
    if (
        waits is not None
        and waits.why in ("escalated", "overdue")
        and place >= report.people_needed
    ):
        # Should it fall short again, that is asked about again.
        joined = joined.with_(referral=None, escalations=())
    state = "accepted" if report.state in _BEFORE_ACCEPTED else report.state
    after = _answered(joined, "accepted", volunteer, now, state)
    # Those who had accepted before the danger was told are warned then.
    warned = after.danger == "suspected" and after.referred
    return after, [events.volunteers_warned(after, (volunteer,))] if warned else []


def left(report: Report, round_: int, volunteers: Collection[str]) -> Decision[Report] | None:
    """Volunteers withdrew or were stood down, and may not read the report any more; nor may those
    of them whose acceptance comes later than this. Without anybody left, the report counts as
    called again."""
    if report.round < round_:
        return None
    known = {h.volunteer: h for h in report.helpers if h.round == round_}
    own = [known.get(v) or Helper(volunteer=v, round=round_) for v in volunteers]
    leaving = [helper for helper in own if not helper.left]
    if not leaving:
        return None
    others = tuple(h for h in report.helpers if h not in leaving)
    changed = report.with_(helpers=(*others, *(h.with_(left=True) for h in leaving)))
    if _is_current(report, round_) and report.state == "accepted" and not changed.present:
        changed = changed.with_(state="called")
    return changed, []


def arrived(report: Report, round_: int, volunteer: str, now: datetime) -> Decision[Report] | None:
    """The first volunteer is on scene."""
    if not _is_current(report, round_) or report.state not in _UNDER_WAY - {"on_scene"}:
        return None
    return _answered(report, "on_scene", volunteer, now, "on_scene"), []


def _answered(
    report: Report,
    what: Literal["accepted", "on_scene"],
    volunteer: str,
    now: datetime,
    state: ReportState,
) -> Report:
    return report.step(
        what,
        now,
        Actor("volunteer", volunteer),
        state=state,
        answered_at=report.answered_at or now,
        accepted_at=report.accepted_at or now,
    )


def done(report: Report, round_: int, outcome: Outcome, now: datetime) -> Decision[Report] | None:
    """All volunteers have finished: resolved, or returned to the station if it is not solved."""
    if not _is_current(report, round_) or report.state not in _UNDER_WAY:
        return None
    if outcome == "not_solved":
        return return_unsolved(report, VOLUNTEERS, now)
    return resolve(report, outcome, None, "volunteers", VOLUNTEERS, now)


def escalated(report: Report, round_: int, why: Shortage, now: datetime) -> Decision[Report] | None:
    """Too few volunteers answered: the station has to act. Once a round for each reason."""
    if (
        not _is_current(report, round_)
        or report.state not in _UNDER_WAY
        or why in report.escalations
    ):
        return None
    changed = report.step("escalated", now, RULES, escalations=(*report.escalations, why))
    changed = changed.refer("escalated", report.urgency, now)
    return changed, [events.escalated(changed, "nobody_answered" if why == "too_few" else why)]
