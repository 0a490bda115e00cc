"""What happens to a report when one of its time limits has passed, and who is asked then."""

from collections.abc import Callable
from datetime import datetime

from chassis.domain import Decision
from contracts.envelope import Event
from services.incidents.referral.domain import Holders, Referral, next_step, watch_changed
from services.incidents.report import events
from services.incidents.report.domain.ending import confirm
from services.incidents.report.domain.report import RULES, STATION, Report
from services.incidents.report.domain.states import Timer

_MAX_STEPS = 8
"""Of one report at one time: each limit has a step, and what it refers is asked at once."""


def on_due(report: Report, holders: Holders, now: datetime) -> Decision[Report] | None:
    """Everything that is due, one step after another. `holders`: of the watches that answer for the
    report's area. None if nothing is."""
    facts: list[Event] = []
    for _ in range(_MAX_STEPS):
        running = report.timers.items()
        due: list[tuple[datetime, Timer]] = [(at, t) for t, at in running if at and at <= now]
        if not due:
            break
        _, timer = min(due, key=lambda one: one[0])
        report, more = _STEPS[timer](report, holders, now)
        facts += more
    return (report, facts) if facts else None


def on_watch(
    report: Report, watch: str, holders: Holders, now: datetime
) -> Decision[Report] | None:
    """Somebody else holds the watch of this area now: who is asked may change."""
    if report.referral is None:
        return None
    changed = watch_changed(report.referral, report.area, watch, holders, report.policy, now)
    return None if changed is None else _asked(report, changed, now)


def _referral(report: Report, holders: Holders, now: datetime) -> Decision[Report]:
    if report.referral is None:  # stored before there were any
        why = "handed_off" if report.state == "handed_off" else "triage"
        return report.refer(why, report.urgency, now), []
    step = next_step(report.referral, report.area, holders, report.policy, now)
    return (report, []) if step is None else _asked(report, step, now)


def _asked(report: Report, referral: Referral, now: datetime) -> Decision[Report]:
    """One line for each level: a reminder adds none."""
    before = report.referral
    after = report.with_(referral=referral)
    if before is None or before.level != referral.level:
        after = after.step("referred", now, RULES, area=referral.level)
    again = before is not None and before.step == referral.step
    return after, [] if again else [events.referred(after, referral)]


def _decision(report: Report, _: Holders, now: datetime) -> Decision[Report]:
    """Who acknowledged has not decided: it is referred again, for the same reason."""
    if report.referral is None:
        return report, []
    return report.refer(report.referral.why, report.referral.urgency, now), []


def _question(report: Report, _: Holders, now: datetime) -> Decision[Report]:
    question = report.question
    if question is None:
        return report, []
    lapsed = report.step(
        "question_lapsed",
        now,
        RULES,
        question=question.with_(state="lapsed", ended_at=now),
    )
    return lapsed.refer("no_answer", report.urgency, now), [
        events.question_lapsed(lapsed, question)
    ]


def _first_answer(report: Report, _: Holders, now: datetime) -> Decision[Report]:
    return _late(report, now)


def _end(report: Report, _: Holders, now: datetime) -> Decision[Report]:
    """The station confirms for a silent reporter, but not what is solved in part only. Of other
    states somebody asks what became of it."""
    if report.state != "resolved":
        return _late(report, now)
    if report.outcome == "partly_solved":
        return report.refer("partly_solved", "normal", now), []
    return confirm(report, "station", STATION, now) or (report, [])


def _late(report: Report, now: datetime) -> Decision[Report]:
    late = report.step("escalated", now, RULES, escalations=(*report.escalations, "overdue"))
    return late.refer("overdue", report.urgency, now), [events.escalated(late, "overdue")]


_STEPS: dict[Timer, Callable[[Report, Holders, datetime], Decision[Report]]] = {
    "referral": _referral,
    "decision": _decision,
    "question": _question,
    "first_answer": _first_answer,
    "end": _end,
}
