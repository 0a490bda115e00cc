"""What people do with a report: `decide(report, command, now) -> report and facts`. Pure; who may
is checked before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.vocabulary import Category, Outcome, Route, Skill
from services.incidents.report import events
from services.incidents.report.domain import MOST_NOTES, OPEN, UNANSWERED, Doer, Report, State
from services.incidents.report.filing import Decision, send
from services.incidents.report.routing import NEVER_VOLUNTEERS, POLICE_ONLY, Asked, route


@dataclass(frozen=True)
class Doing:
    """Who does it, as the time line tells: in what role, and by which account (None: an anonymous
    reporter)."""

    role: Doer
    account: str | None = None


@dataclass(frozen=True)
class NewRoute:
    """An officer's own choice. What is None stays as it was, or as the category has it."""

    route: Route
    reason: str
    category: Category | None = None
    skills: tuple[Skill, ...] | None = None
    people_needed: int | None = None


def _demand(report: Report, states: frozenset[State] | Sequence[State]) -> None:
    if report.state not in states:
        raise Refusal("wrong_state", state=report.state)


def reroute(
    report: Report, new: NewRoute, doing: Doing, now: datetime, station: str | None = None
) -> Decision:
    """Routed by an officer: a new round begins. Refuses volunteers at violence, crime and danger to
    life."""
    _demand(report, [*OPEN, "resolved", "not_accepted"])
    category = new.category or report.category
    if new.route == "log":
        raise Refusal("log_is_own", "body.route")
    if new.route == "volunteers" and (
        report.danger or {category, report.category} & NEVER_VOLUNTEERS
    ):
        raise Refusal("never_volunteers", "body.route")
    rule = report.rules.category[category]
    changed = category != report.category
    skills = new.skills if new.skills is not None else (rule.skills if changed else report.skills)
    people = new.people_needed or (rule.people if changed else report.people_needed)
    routed = report.model_copy(
        update={
            "route": new.route,
            "category": category,
            "skills": skills,
            "people_needed": people,
            "urgency": "urgent" if new.route == "police" else _calm(report, category),
            "danger": report.danger or category in ("violence", "emergency"),
            "triage": False,
            "station": report.station or station,
            "round": report.round + 1,
            "outcome": None,
            "resolved_at": None,
            "closed_at": None,
            "because": ("officer",),
        }
    )
    return send(routed, now, "officer", doing.role, doing.account, new.reason)


def _calm(report: Report, category: Category) -> str:
    """The category's urgency; a search for a lost person stays urgent."""
    return "urgent" if category in POLICE_ONLY else report.rules.category[category].urgency


def acknowledge(report: Report, doing: Doing, now: datetime) -> Decision | None:
    """The police have taken it over. Twice is once."""
    if report.state == "acknowledged":
        return None
    _demand(report, ["handed_off"])
    done = report.step(
        "acknowledged", now, doing.role, doing.account, state="acknowledged", answered_at=now
    )
    return done, [events.acknowledged(done)]


def resolve(
    report: Report,
    outcome: Outcome,
    note: str | None,
    by: Literal["volunteers", "committee", "station"],
    doing: Doing,
    now: datetime,
) -> Decision:
    """Who dealt with it says that it is done; now the reporter is asked."""
    _demand(report, OPEN)
    if by == "committee" and report.state != "assigned":
        raise Refusal("wrong_state", state=report.state)
    done = report.step(
        "resolved",
        now,
        doing.role,
        doing.account,
        note=note,
        state="resolved",
        outcome=outcome,
        resolved_at=now,
        answered_at=report.answered_at or now,
    )
    return done, [events.resolved(done, outcome, by)]


def confirm(
    report: Report, by: Literal["reporter", "station"], doing: Doing, now: datetime
) -> Decision | None:
    """It really is solved: closed. A repeat of the reporter's word changes nothing."""
    if report.state == "closed" and report.end == "confirmed" and by == "reporter":
        return None
    _demand(report, ["resolved"])
    said = report.step(
        "confirmed", now, doing.role, doing.account, state="confirmed", confirmed_by=by
    )
    done = said.step("closed", now, "station", state="closed", closed_at=now, end="confirmed")
    return done, [events.confirmed(done, by), events.closed(done, "confirmed")]


def close(report: Report, outcome: Outcome, note: str, doing: Doing, now: datetime) -> Decision:
    """By an officer: a police matter with an outcome that the reporter can read, or for a reporter
    silent too long."""
    if report.state == "resolved":
        if report.due_at is not None and now < report.due_at:
            raise Refusal("reporter_has_time", hours=report.rules.confirm_after_hours)
        decision = confirm(report, "station", doing, now)
        assert decision is not None  # noqa: S101 - None is for what the reporter confirmed before
        return decision
    if report.route != "police":
        raise Refusal("resolve_first")
    _demand(report, ["acknowledged"])
    done = report.step(
        "closed",
        now,
        doing.role,
        doing.account,
        note=note,
        state="closed",
        closed_at=now,
        end="police_outcome",
        outcome=outcome,
    )
    return done, [events.closed(done, "police_outcome")]


def reopen(
    report: Report, reason: str, doing: Doing, now: datetime, station: str | None = None
) -> Decision:
    """The reporter is not satisfied: a new round by the same route; by the police if the reason
    tells of danger."""
    if report.end == "logged":
        raise Refusal("wrong_state", state=report.state)
    _demand(report, ["resolved", "closed"])
    again = report.step(
        "reopened",
        now,
        doing.role,
        doing.account,
        reason=reason,
        round=report.round + 1,
        outcome=None,
        resolved_at=None,
        closed_at=None,
        end=None,
        confirmed_by=None,
        station=report.station or station,
    )
    sent, facts = send(_worse(again, reason, now), now, "reporter", doing.role, doing.account)
    return sent, [events.reopened(again), *facts]


def _worse(report: Report, reason: str, now: datetime) -> Report:
    """What was a quarrel may be a fight by now: no volunteer is sent to what the words tell of."""
    ruling = route(Asked(reason, report.category, "resident"), report.rules, now)
    if ruling.route != "police" or report.category in POLICE_ONLY:
        return report
    return report.model_copy(
        update={
            "route": "police",
            "category": ruling.category,
            "skills": ruling.skills,
            "urgency": "urgent",
            "danger": report.danger or ruling.danger,
            "because": ruling.because,
        }
    )


def withdraw(report: Report, reason: str, doing: Doing, now: datetime) -> Decision | None:
    """Taken back. Not from the police: somebody may have been made to."""
    if report.state == "withdrawn":
        return None
    _demand(report, OPEN)
    if report.route == "police":
        raise Refusal("with_police")
    gone = report.step(
        "withdrawn", now, doing.role, doing.account, reason=reason, state="withdrawn", closed_at=now
    )
    return gone, [events.withdrawn(gone)]


def refuse(report: Report, reason: str, doing: Doing, now: datetime) -> Decision:
    """The station does not take it on, and says why; only before anybody answered it."""
    _demand(report, UNANSWERED)
    gone = report.step(
        "not_accepted",
        now,
        doing.role,
        doing.account,
        reason=reason,
        state="not_accepted",
        closed_at=now,
    )
    return gone, [events.not_accepted(gone)]


def give_back(report: Report, reason: str, doing: Doing, now: datetime) -> Decision:
    """The committee gives it back within its working days: it waits for the station to route it
    anew."""
    _demand(report, ["assigned"])
    if now > report.return_until:
        raise Refusal("too_late_to_return", days=report.rules.return_within_working_days)
    return _to_station(report, "committee", doing, now, reason)


def _to_station(
    report: Report,
    by: Literal["committee", "volunteers"],
    doing: Doing,
    now: datetime,
    reason: str | None,
) -> Decision:
    back = report.step(
        "returned",
        now,
        doing.role,
        doing.account,
        reason=reason,
        state="filed",
        triage=True,
        routed_at=now,
        answered_at=None,
        escalations=(),
    )
    return back, [events.returned(back, by)]


def hand_back_unsolved(report: Report, doing: Doing, now: datetime) -> Decision:
    """Volunteers were there and could not solve it: the station decides what comes next."""
    _demand(report, OPEN)
    return _to_station(report, "volunteers", doing, now, None)


def note(report: Report, words: str, doing: Doing, now: datetime) -> tuple[Report, list[Event]]:
    """A line more; a correction too is a new line. Those whom it was given to have answered with
    it."""
    if sum(1 for entry in report.timeline if entry.what == "noted") >= MOST_NOTES:
        raise Refusal("too_many_notes", most=MOST_NOTES)
    answers = (report.state == "assigned" and doing.role == "committee") or (
        report.state in UNANSWERED and doing.role == "officer"
    )
    answered = now if answers and report.answered_at is None else report.answered_at
    return report.step(
        "noted", now, doing.role, doing.account, note=words, answered_at=answered
    ), []
