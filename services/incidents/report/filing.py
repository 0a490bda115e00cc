"""Taking a report in: the first lines of its life, and its first route. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.envelope import Event
from contracts.vocabulary import Role
from services.incidents.report import events
from services.incidents.report.domain import FIRST_STATE, Report
from services.incidents.report.events import RoutedBy
from services.incidents.report.routing import Ruling

Decision = tuple[Report, Sequence[Event]]


@dataclass(frozen=True)
class Filing:
    """What a new report is made of. `follow_up_key` is the hash of the key; `reporter` None:
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


def file(filing: Filing, ruling: Ruling, now: datetime) -> Decision:
    """A new report, routed as the rules say. A volunteer's finished matter is closed at once."""
    new = Report(
        **vars(filing),
        state="filed",
        route=ruling.route,
        category=ruling.category,
        urgency=ruling.urgency,
        skills=ruling.skills,
        people_needed=ruling.people_needed,
        because=ruling.because,
        triage=ruling.triage,
        danger=ruling.danger,
        rules_version=ruling.rules_version,
        filed_at=now,
        routed_at=now,
    )
    first = new.step("filed", now, new.reporter_role, new.reporter)
    report, facts = send(first, now, "rules", "rules")
    told = [events.handed_off(report)] if ruling.police_told else []
    return report, [events.filed(first), *facts, *told]


def send(
    report: Report,
    now: datetime,
    by: RoutedBy,
    role: Any,
    account: str | None = None,
    reason: str | None = None,
) -> Decision:
    """On its way by `report.route`, in the round that the report is in."""
    state = FIRST_STATE[report.route]
    sent = report.step(
        "routed", now, role, account, reason=reason, routed_at=now, answered_at=None, escalations=()
    )
    facts: list[Event] = [events.routed(sent, by)]
    if state == "routed":
        return sent.model_copy(update={"state": state}), facts
    sent = sent.step(state, now, role, account, state=state)
    if state == "handed_off":
        facts.append(events.handed_off(sent))
    if state == "logged":
        sent = sent.step(
            "closed", now, "station", state="closed", closed_at=now, end="logged", outcome="solved"
        )
        facts.append(events.closed(sent, "logged"))
    return sent, facts
