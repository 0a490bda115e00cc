"""What people do with a report: `decide(report, command, actor, now) -> report and facts`. Whether
the actor may is checked before."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.domain import Decision, Refusal
from contracts.vocabulary import Category, Outcome, Route, Skill, Urgency
from services.incidents.report import events
from services.incidents.report.domain.filing import start_round
from services.incidents.report.domain.report import (
    MAX_NOTES,
    OPEN,
    STATION,
    UNANSWERED,
    Actor,
    ConfirmedBy,
    Report,
    ReportState,
)
from services.incidents.routing.domain import (
    NEVER_VOLUNTEERS,
    POLICE_ONLY,
    RoutingInput,
    classify,
)


@dataclass(frozen=True)
class NewRoute:
    """An officer's choice. What is None stays as it was, or follows from a new category."""

    route: Route
    reason: str
    category: Category | None = None
    skills: tuple[Skill, ...] | None = None
    people_needed: int | None = None


def _require(report: Report, states: Collection[ReportState]) -> None:
    if report.state not in states:
        raise Refusal("wrong_state", state=report.state)


def reroute(
    report: Report, new: NewRoute, actor: Actor, now: datetime, station: str | None = None
) -> Decision[Report]:
    """An officer routes it: a new round begins. Refuses volunteers for violence, crime and danger
    to life."""
    _require(report, [*OPEN, "resolved", "not_accepted"])
    category = new.category or report.category
    if new.route == "log":
        raise Refusal("log_is_own", "body.route")
    if new.route == "volunteers" and (
        report.danger or {category, report.category} & NEVER_VOLUNTEERS
    ):
        raise Refusal("never_volunteers", "body.route")
    entry = report.policy.category[category]
    changed = category != report.category
    skills = new.skills if new.skills is not None else (entry.skills if changed else report.skills)
    people = new.people_needed or (entry.people if changed else report.people_needed)
    routed = report.with_(
        route=new.route,
        category=category,
        skills=skills,
        people_needed=people,
        urgency="urgent" if new.route == "police" else _urgency(report, category),
        danger=report.danger or category in ("violence", "emergency"),
        triage=False,
        station=report.station or station,
        round=report.round + 1,
        outcome=None,
        resolved_at=None,
        closed_at=None,
        because=("officer",),
    )
    return start_round(routed, "officer", actor, now, new.reason)


def _urgency(report: Report, category: Category) -> Urgency:
    """The category's urgency. A search for a lost person stays urgent."""
    return "urgent" if category in POLICE_ONLY else report.policy.category[category].urgency


def acknowledge(report: Report, actor: Actor, now: datetime) -> Decision[Report] | None:
    """The police have taken it over."""
    if report.state == "acknowledged":
        return None
    _require(report, ["handed_off"])
    done = report.step("acknowledged", now, actor, state="acknowledged", answered_at=now)
    return done, [events.acknowledged(done)]


def resolve(
    report: Report,
    outcome: Outcome,
    note: str | None,
    by: Literal["volunteers", "committee", "station"],
    actor: Actor,
    now: datetime,
) -> Decision[Report]:
    """The people in charge report it done. The reporter has to confirm."""
    _require(report, ["assigned"] if by == "committee" else OPEN)
    done = report.step(
        "resolved",
        now,
        actor,
        note=note,
        state="resolved",
        outcome=outcome,
        resolved_at=now,
        answered_at=report.answered_at or now,
    )
    return done, [events.resolved(done, outcome, by)]


def confirm(
    report: Report, by: ConfirmedBy, actor: Actor, now: datetime
) -> Decision[Report] | None:
    """It really is solved: closes it. A reporter who confirms twice changes nothing."""
    if report.state == "closed" and report.end == "confirmed" and by == "reporter":
        return None
    _require(report, ["resolved"])
    confirmed = report.step("confirmed", now, actor, state="confirmed", confirmed_by=by)
    done = confirmed.step("closed", now, STATION, state="closed", closed_at=now, end="confirmed")
    return done, [events.confirmed(done, by), events.closed(done, "confirmed")]


def close(
    report: Report, outcome: Outcome, note: str, actor: Actor, now: datetime
) -> Decision[Report] | None:
    """An officer closes a police matter with an outcome for the reporter, or confirms for a
    reporter who was silent too long."""
    if report.state == "resolved":
        if report.due_at is not None and now < report.due_at:
            raise Refusal("reporter_has_time", hours=report.policy.confirm_after_hours)
        return confirm(report, "station", actor, now)
    if report.route != "police":
        raise Refusal("resolve_first")
    _require(report, ["acknowledged"])
    done = report.step(
        "closed",
        now,
        actor,
        note=note,
        state="closed",
        closed_at=now,
        end="police_outcome",
        outcome=outcome,
    )
    return done, [events.closed(done, "police_outcome")]


def reopen(
    report: Report, reason: str, actor: Actor, now: datetime, station: str | None = None
) -> Decision[Report]:
    """The reporter is not satisfied: a new round by the same route, or by the police where the
    reason tells of danger."""
    if report.end == "logged":
        raise Refusal("wrong_state", state=report.state)
    _require(report, ["resolved", "closed"])
    again = report.step(
        "reopened",
        now,
        actor,
        reason=reason,
        round=report.round + 1,
        outcome=None,
        resolved_at=None,
        closed_at=None,
        end=None,
        confirmed_by=None,
        station=report.station or station,
    )
    sent, facts = start_round(_reclassified(again, reason, now), "reporter", actor, now)
    return sent, [events.reopened(again), *facts]


def _reclassified(report: Report, reason: str, now: datetime) -> Report:
    """A quarrel may have become a fight: routed to the police where the reason says so."""
    given = RoutingInput(reason, report.category, "resident", before=report.text)
    found = classify(given, report.policy, now)
    if found.route != "police" or found.triage or report.category in POLICE_ONLY:
        return report
    return report.with_(
        route="police",
        category=found.category,
        skills=found.skills,
        urgency="urgent",
        danger=report.danger or found.danger == "sure",
        because=found.because,
    )


def withdraw(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report] | None:
    """The reporter takes it back. Not from the police: the reporter may be under pressure."""
    if report.state == "withdrawn":
        return None
    _require(report, OPEN)
    if report.route == "police":
        raise Refusal("with_police")
    gone = report.step("withdrawn", now, actor, reason=reason, state="withdrawn", closed_at=now)
    return gone, [events.withdrawn(gone)]


def reject(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report]:
    """The station does not accept it, and says why. Only before anybody has answered."""
    _require(report, UNANSWERED)
    gone = report.step(
        "not_accepted", now, actor, reason=reason, state="not_accepted", closed_at=now
    )
    return gone, [events.not_accepted(gone)]


def return_to_station(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report]:
    """The committee returns it within its working days, for the station to route again."""
    _require(report, ["assigned"])
    if now > report.return_until:
        raise Refusal("too_late_to_return", days=report.policy.return_within_working_days)
    return _returned(report, "committee", reason, actor, now)


def return_unsolved(report: Report, actor: Actor, now: datetime) -> Decision[Report]:
    """Volunteers could not solve it: the station decides what comes next."""
    _require(report, OPEN)
    return _returned(report, "volunteers", None, actor, now)


def _returned(
    report: Report,
    by: Literal["committee", "volunteers"],
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> Decision[Report]:
    back = report.step(
        "returned",
        now,
        actor,
        reason=reason,
        state="filed",
        triage=True,
        routed_at=now,
        answered_at=None,
        escalations=(),
    )
    return back, [events.returned(back, by)]


def add_note(report: Report, note: str, actor: Actor, now: datetime) -> Decision[Report]:
    """One more line; a correction is a new line too. A note by those it was routed to counts as
    their first answer."""
    if sum(entry.what == "noted" for entry in report.timeline) >= MAX_NOTES:
        raise Refusal("too_many_notes", max=MAX_NOTES)
    answers = (report.state == "assigned" and actor.role == "committee") or (
        report.state in UNANSWERED and actor.role == "officer"
    )
    answered_at = now if answers and report.answered_at is None else report.answered_at
    return report.step("noted", now, actor, note=note, answered_at=answered_at), []
