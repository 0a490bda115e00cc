"""What the end of a report, or its new route, means for its call-out."""

from contracts.events.incidents import (
    ReportClosed,
    ReportNotAccepted,
    ReportResolved,
    ReportReturned,
    ReportRouted,
    ReportWithdrawn,
)
from services.dispatch.callout.events import EndReason

ReportEnd = (
    ReportWithdrawn
    | ReportNotAccepted
    | ReportClosed
    | ReportResolved
    | ReportReturned
    | ReportRouted
)


def end_reason(event: ReportEnd) -> EndReason | None:
    """None for what volunteers resolved or returned: their call-out ends by itself."""
    match event:
        case ReportResolved(resolved_by="volunteers") | ReportReturned(returned_by="volunteers"):
            return None
        case ReportWithdrawn():
            return "withdrawn"
        case ReportRouted(danger=True):
            return "danger"
        case ReportRouted() | ReportReturned():
            return "routed_elsewhere"
        case _:
            return "closed"
