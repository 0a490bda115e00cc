"""What happens to a report by itself when its time has come. Pure."""

from datetime import datetime

from services.incidents.report import events
from services.incidents.report.decisions import Doing, confirm
from services.incidents.report.domain import Report
from services.incidents.report.filing import Decision


def tick(report: Report, now: datetime) -> Decision | None:
    """The station confirms for a silent reporter; it is told once a round that the first answer is
    overdue."""
    if report.due_at is None or now < report.due_at:
        return None
    if report.state == "resolved":
        return confirm(report, "station", Doing("station"), now)
    late = report.step("escalated", now, "rules", escalations=(*report.escalations, "overdue"))
    return late, [events.escalated(late, "overdue")]
