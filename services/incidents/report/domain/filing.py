"""Filing a report: its first time line entries and its first route."""

from dataclasses import dataclass
from datetime import datetime

from chassis.domain import Decision
from contracts.envelope import Event
from contracts.vocabulary import Role
from services.incidents.report import events
from services.incidents.report.domain.report import FIRST_STATE, RULES, STATION, Actor, Report
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
    photo: str | None = None
    follow_up_key: str | None = None


def file(filing: Filing, routing: RoutingDecision, now: datetime) -> Decision[Report]:
    """A new report on its first route. What a volunteer has finished already is closed at once."""
    new = Report(
        **vars(filing),
        state="filed",
        route=routing.route,
        category=routing.category,
        urgency=routing.urgency,
        skills=routing.skills,
        people_needed=routing.people_needed,
        because=routing.because,
        triage=routing.triage is not None,
        danger=routing.danger == "sure",
        rules_version=routing.rules_version,
        filed_at=now,
        routed_at=now,
    )
    filed = new.step("filed", now, Actor(new.reporter_role, new.reporter))
    report, facts = start_round(filed, "rules", RULES, now)
    informed = [events.handed_off(report)] if routing.inform_police else []
    return report, [events.filed(filed), *facts, *informed]


def start_round(
    report: Report, by: RoutedBy, actor: Actor, now: datetime, reason: str | None = None
) -> Decision[Report]:
    """Start the report's current round on its current route."""
    state = FIRST_STATE[report.route]
    sent = report.step(
        "routed", now, actor, reason=reason, routed_at=now, answered_at=None, escalations=()
    )
    facts: list[Event] = [events.routed(sent, by)]
    if state == "routed":
        return sent.with_(state=state), facts
    sent = sent.step(state, now, actor, state=state)
    if state == "handed_off":
        facts.append(events.handed_off(sent))
    if state == "logged":
        sent = sent.step(
            "closed", now, STATION, state="closed", closed_at=now, end="logged", outcome="solved"
        )
        facts.append(events.closed(sent, "logged"))
    return sent, facts
