"""Filing a report: its first time line entries and its first route."""

from dataclasses import dataclass
from datetime import datetime

from chassis.domain import Decision
from contracts.envelope import Event
from contracts.vocabulary import Category, ReferralReason, Role, Urgency
from jinan.areas import is_community
from services.incidents.report import events
from services.incidents.report.domain.report import RULES, STATION, Actor, Report
from services.incidents.report.domain.states import FIRST_STATE
from services.incidents.report.events import RoutedBy
from services.incidents.routing.domain import RoutingDecision


@dataclass(frozen=True)
class Filing:
    """What a new report is made of. `follow_up_key` is the hash of the key. `reporter` None:
    anonymous."""

    id: str
    number: str
    text: str
    reporter: str | None
    reporter_role: Role
    longitude: float
    latitude: float
    area: str
    station: str | None
    picked: Category | None = None
    photo: str | None = None
    follow_up_key: str | None = None


def file(
    filing: Filing, routing: RoutingDecision, now: datetime, *, committee: bool = True
) -> Decision[Report]:
    """A new report on its first route, or waiting for a person where the words are not clear. What
    a volunteer has finished already is closed at once. `committee`: the place's is staffed."""
    new = Report(
        **vars(filing),
        state="filed",
        route=routing.route,
        category=routing.category,
        urgency=routing.urgency,
        skills=routing.skills,
        people_needed=routing.people_needed,
        because=routing.because,
        confidence=routing.confidence,
        triage=routing.triage,
        danger=routing.danger,
        rules_version=routing.rules_version,
        filed_at=now,
        clock_from=now,
        routed_at=now,
    )
    filer = Actor(new.reporter_role, new.reporter) if new.reporter else Actor("reporter")
    filed = new.step("filed", now, filer)
    if routing.triage:
        urgency: Urgency = "urgent" if routing.triage == "urgent" else "normal"
        return filed.refer("triage", urgency, now), [events.filed(filed)]
    report, facts = start_round(filed, "rules", RULES, now, committee=committee)
    if routing.inform_police:
        report = report.refer("informed", report.urgency, now)
    return report, [events.filed(filed), *facts]


def start_round(
    report: Report,
    by: RoutedBy,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    *,
    committee: bool = True,
) -> Decision[Report]:
    """Start the report's current round on its current route. Nothing is assigned to a committee
    that nobody staffs, or that is not known: then a person on watch decides."""
    if report.route == "committee" and not (committee and is_community(report.area)):
        why: ReferralReason = "no_committee" if is_community(report.area) else "place"
        return report.with_(state="filed", triage="normal").refer(why, report.urgency, now), []
    state = FIRST_STATE[report.route]
    sent = report.step(
        "routed",
        now,
        actor,
        reason=reason,
        routed_at=now,
        answered_at=None,
        escalations=(),
        referral=None,
    )
    facts: list[Event] = [events.routed(sent, by)]
    if state == "routed":
        return sent.with_(state=state), facts
    sent = sent.step(state, now, actor, state=state)
    if state == "handed_off":
        sent = sent.refer("handed_off", sent.urgency, now)
        facts.append(events.handed_off(sent))
    if state == "logged":
        sent = sent.step(
            "closed", now, STATION, state="closed", closed_at=now, end="logged", outcome="solved"
        )
        facts.append(events.closed(sent, "logged"))
    return sent, facts
