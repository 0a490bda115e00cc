"""What is said after the filing is read in the same way: a note, an answer, the reason of a
reopening or of a withdrawal.

Danger told later hands the report to the police; what may be danger is looked at by a person on
watch, and volunteers who are coming keep a distance until then.
"""

from datetime import datetime

from chassis.domain import Decision
from contracts.envelope import Event
from contracts.vocabulary import Category, Danger, Role
from services.incidents.place.domain import Served
from services.incidents.report import events
from services.incidents.report.domain import ending
from services.incidents.report.domain.decisions import add_note, next_round
from services.incidents.report.domain.filing import start_round
from services.incidents.report.domain.report import RULES, Actor, Report
from services.incidents.report.domain.states import OPEN
from services.incidents.routing.domain import (
    POLICE_ONLY,
    RoutingDecision,
    RoutingInput,
    classify,
)

_ROLES: dict[str, Role] = {"volunteer": "volunteer", "leader": "leader"}


def note(report: Report, text: str, actor: Actor, now: datetime) -> Decision[Report]:
    """One more line, and what follows from its words."""
    return then_read(add_note(report, text, actor, now), text, actor, now)


def reopen(
    report: Report, reason: str, actor: Actor, now: datetime, served: Served
) -> Decision[Report]:
    """The reporter is not satisfied: a new round, by the police where the reason tells of
    danger."""
    found = _found(report, reason, actor)
    hold = _may_be_danger(found)
    return _followed(ending.reopen(report, reason, actor, now, served, hold=hold), found, now)


def withdraw(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report] | None:
    """The reporter takes it back; not where the reason may tell of danger: they may be under
    pressure."""
    found = _found(report, reason, actor)
    if not _may_be_danger(found) or report.state not in OPEN or report.route == "police":
        return ending.withdraw(report, reason, actor, now)
    return _followed(add_note(report, reason, actor, now), found, now)


def then_read(
    decision: Decision[Report], text: str, actor: Actor, now: datetime
) -> Decision[Report]:
    """A decision, and what follows from the words that came with it."""
    if actor.role == "officer":  # they decide themselves
        return decision
    return _followed(decision, _found(decision[0], text, actor), now)


def _followed(
    decision: Decision[Report], found: RoutingDecision, now: datetime
) -> Decision[Report]:
    report, facts = decision
    after, more = _follow(report, found, now)
    return after, [*facts, *more]


def _found(report: Report, text: str, actor: Actor) -> RoutingDecision:
    """What the words say together with those of the filing; alone where an officer has judged the
    filing already."""
    role = _ROLES.get(actor.role, "resident")
    before = None if report.because == ("officer",) else report.text
    given = RoutingInput(text, None, role, before=before)
    return classify(given, report.policy, report.filed_at)


def _may_be_danger(found: RoutingDecision) -> bool:
    return found.danger != "none" or found.triage == "urgent"


def _follow(report: Report, found: RoutingDecision, now: datetime) -> Decision[Report]:
    if found.danger == "sure":
        return _danger(report, found, now)
    if _may_be_danger(found):
        return _suspected(report, now)
    crime = found.route == "police" and found.triage is None
    if crime and report.route != "police" and report.state in OPEN:
        return report.refer("triage", "normal", now), []
    return report, []


def _danger(report: Report, found: RoutingDecision, now: datetime) -> Decision[Report]:
    told = report.step("danger", now, RULES, danger="sure")
    if report.state in ("handed_off", "acknowledged"):
        return told.refer("danger", "urgent", now), []
    category: Category = found.category if found.category in POLICE_ONLY else "emergency"
    police = next_round(told).with_(
        route="police",
        category=category,
        skills=found.skills,
        urgency="urgent",
        because=found.because,
        confidence=found.confidence,
        referral=None,
    )
    return start_round(police, "rules", RULES, now)


def _suspected(report: Report, now: datetime) -> Decision[Report]:
    danger: Danger = "sure" if report.danger == "sure" else "suspected"
    told = report.step("danger", now, RULES, danger=danger).refer("danger", "urgent", now)
    coming = tuple(helper.volunteer for helper in report.present)
    facts: list[Event] = []
    if report.route == "volunteers" and coming:
        facts.append(events.volunteers_warned(told, coming))
    return told, facts
