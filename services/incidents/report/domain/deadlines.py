"""What happens to a report when its `due_at` has passed."""

from datetime import datetime

from chassis.domain import Decision
from services.incidents.report import events
from services.incidents.report.domain.decisions import confirm
from services.incidents.report.domain.report import RULES, STATION, Report


def on_due(report: Report, now: datetime) -> Decision[Report] | None:
    """The station confirms for a silent reporter; an overdue first answer is escalated once a
    round."""
    if report.due_at is None or now < report.due_at:
        return None
    if report.state == "resolved":
        return confirm(report, "station", STATION, now)
    late = report.step("escalated", now, RULES, escalations=(*report.escalations, "overdue"))
    return late, [events.escalated(late, "overdue")]
