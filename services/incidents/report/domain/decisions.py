"""What people do with an open report: `decide(report, command, actor, now) -> report and facts`.
Whether the actor may is checked before."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chassis.domain import Decision, Refusal
from contracts.vocabulary import Category, Route, Skill, Urgency
from jinan.areas import is_community
from services.incidents.place.domain import Served
from services.incidents.referral.domain import acknowledge as acknowledge_referral
from services.incidents.report import events
from services.incidents.report.domain.filing import start_round
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.domain.states import MAX_NOTES, OPEN, UNANSWERED, ReportState
from services.incidents.report.events import ReturnedBy
from services.incidents.routing.domain import NEVER_VOLUNTEERS, POLICE_ONLY


@dataclass(frozen=True)
class NewRoute:
    """An officer's choice. What is None stays as it was, or follows from a new category. The first
    route needs no reason."""

    route: Route
    reason: str | None = None
    category: Category | None = None
    skills: tuple[Skill, ...] | None = None
    people_needed: int | None = None


def require(report: Report, states: Collection[ReportState]) -> None:
    if report.state not in states:
        raise Refusal("wrong_state", state=report.state)


def reroute(
    report: Report, new: NewRoute, actor: Actor, now: datetime, served: Served
) -> Decision[Report]:
    """An officer routes it: a new round begins, or the first. Refuses volunteers for violence,
    crime and danger to life, and a committee that is not known or that nobody staffs."""
    require(report, [*OPEN, "resolved", "not_accepted"])
    if new.reason is None and not _waits_for_first_route(report):
        raise Refusal("reason_required", "body.reason")
    category = new.category or report.category
    _require_route(report, new.route, category, served)
    entry = report.policy.category[category]
    changed = category != report.category
    skills = new.skills if new.skills is not None else (entry.skills if changed else report.skills)
    people = new.people_needed or (entry.people if changed else report.people_needed)
    routed = next_round(report).with_(
        route=new.route,
        category=category,
        skills=skills,
        people_needed=people,
        urgency="urgent" if new.route == "police" else urgency_of(report, category),
        danger="sure" if category in ("violence", "emergency") else report.danger,
        station=report.station or served.station,
        because=("officer",),
        confidence=1.0,
    )
    return start_round(routed, "officer", actor, now, new.reason, committee=served.committee)


def _require_route(report: Report, route: Route, category: Category, served: Served) -> None:
    if route == "log":
        raise Refusal("log_is_own", "body.route")
    if route != "police" and (
        report.danger == "sure" or {category, report.category} & NEVER_VOLUNTEERS
    ):
        raise Refusal("never_volunteers", "body.route")
    if route == "committee" and not is_community(report.area):
        raise Refusal("community_first", "body.route")
    if route == "committee" and not served.committee:
        raise Refusal("committee_without_staff", "body.route")


def _waits_for_first_route(report: Report) -> bool:
    return report.state == "filed" and all(entry.what != "routed" for entry in report.timeline)


def next_round(report: Report) -> Report:
    """The report as a new round finds it. One that waits for its first route is in that round
    already."""
    routed = any(e.what == "routed" and e.round == report.round for e in report.timeline)
    return report.with_(
        round=report.round + 1 if routed else report.round,
        triage=None,
        outcome=None,
        resolved_at=None,
        closed_at=None,
        end=None,
        confirmed_by=None,
    )


def urgency_of(report: Report, category: Category) -> Urgency:
    """The category's urgency. A search for a lost person stays urgent."""
    return "urgent" if category in POLICE_ONLY else report.policy.category[category].urgency


def acknowledge(report: Report, actor: Actor, now: datetime) -> Decision[Report] | None:
    """An officer answers for it from now: the police have it, or a person has it in hand."""
    if report.state == "handed_off":
        done = seen(report, actor, now).step(
            "acknowledged", now, actor, state="acknowledged", answered_at=now
        )
        return done, [events.acknowledged(done)]
    taken, facts = take(report, actor, now)
    if facts:
        return taken.step("referral_acknowledged", now, actor), facts
    if report.state == "acknowledged" or report.referral is not None:
        return None
    raise Refusal("wrong_state", state=report.state)


def seen(report: Report, actor: Actor, now: datetime) -> Report:
    """Whatever an officer does with it acknowledges its referral."""
    if report.referral is None or actor.role != "officer":
        return report
    taken = acknowledge_referral(report.referral, actor.account or "", now)
    return report if taken is None else report.with_(referral=taken)


def take(report: Report, actor: Actor, now: datetime) -> Decision[Report]:
    """The same with its fact: whoever else was asked need not look any more."""
    taken = seen(report, actor, now)
    if taken is report or report.referral is None:
        return report, []
    return taken, [events.referral_acknowledged(taken, report.referral.why, actor.account or "")]


def return_to_station(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report]:
    """The committee returns it within its working days, for the station to route again."""
    require(report, ["assigned"])
    if now > report.return_until:
        raise Refusal("too_late_to_return", days=report.policy.return_within_working_days)
    return returned(report, "committee", actor, now, reason=reason)


def return_unsolved(report: Report, actor: Actor, now: datetime) -> Decision[Report]:
    """Volunteers could not solve it: the station decides what comes next."""
    require(report, OPEN)
    return returned(report, "volunteers", actor, now)


def returned(
    report: Report,
    by: ReturnedBy,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    note: str | None = None,
) -> Decision[Report]:
    """It goes back to a person on watch: the district's the third time."""
    often = report.returns >= report.policy.returns_before_district
    back = report.step(
        "returned",
        now,
        actor,
        reason=reason,
        note=note,
        state="filed",
        triage="normal",
        answered_at=None,
        escalations=(),
        referral=None,
        returns=report.returns + 1,
    )
    waiting = back.refer("returned", back.urgency, now, from_district=often)
    return waiting, [events.returned(waiting, by)]


def add_note(report: Report, note: str, actor: Actor, now: datetime) -> Decision[Report]:
    """One more line; a correction is a new line too. A note by those it was routed to counts as
    their first answer."""
    if sum(entry.what == "noted" for entry in report.timeline) >= MAX_NOTES:
        raise Refusal("too_many_notes", max=MAX_NOTES)
    answers = (report.state == "assigned" and actor.role == "committee") or (
        report.state in UNANSWERED and actor.role == "officer"
    )
    answered_at = now if answers and report.answered_at is None else report.answered_at
    noted, facts = take(report, actor, now)
    return noted.step("noted", now, actor, note=note, answered_at=answered_at), facts
