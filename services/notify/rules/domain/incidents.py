"""Rules for events of incidents."""

from contracts.events.incidents import (
    ReportAcknowledged,
    ReportClosed,
    ReportEscalated,
    ReportEvent,
    ReportHandedOff,
    ReportNotAccepted,
    ReportReopened,
    ReportResolved,
    ReportReturned,
    ReportRouted,
)
from contracts.texts import text
from services.notify.rules.domain.notification import (
    Data,
    Notification,
    RoleHolders,
    Rules,
    Values,
    about_report,
    to_reporter,
)


def routed(event: ReportRouted) -> Notification | None:
    if event.route != "committee":  # dispatch calls volunteers; ReportHandedOff notifies the police
        return None
    to = RoleHolders("committee", event.area, event.reporter)
    data: Data = {"urgency": event.urgency, "round": event.round}
    return about_report(event, "notice", to, "committee", data=data)


def handed_off(event: ReportHandedOff) -> Notification:
    return _to_station(event, "handed_off", {"urgency": event.urgency})


def overdue(event: ReportEscalated) -> Notification | None:
    if event.why != "overdue":  # CalloutEscalated notifies them, with how many are missing
        return None
    return _to_station(event, "overdue", {"why": event.why})


def reopened(event: ReportReopened) -> Notification:
    return _to_station(event, "reopened", {"round": event.round}, {"round": event.round})


def returned(event: ReportReturned) -> Notification:
    return _to_station(event, "returned", {"returned_by": event.returned_by})


def acknowledged(event: ReportAcknowledged) -> Notification | None:
    return to_reporter(event, "progress", "acknowledged")


def resolved(event: ReportResolved) -> Notification | None:
    data: Data = {"outcome": event.outcome, "resolved_by": event.resolved_by}
    values: Values = {"outcome": text(f"outcome.{event.outcome}")}
    return to_reporter(event, "outcome", "resolved", data=data, values=values)


def closed(event: ReportClosed) -> Notification | None:
    data: Data = {"end": event.end, "route": event.route}
    return to_reporter(event, "outcome", f"closed_{event.end}", data=data)


def not_accepted(event: ReportNotAccepted) -> Notification | None:
    return to_reporter(event, "outcome", "not_accepted")


def _to_station(
    event: ReportEvent, key: str, data: Data, values: Values | None = None
) -> Notification:
    to = RoleHolders("officer", event.area, event.reporter)
    return about_report(event, "escalation", to, key, data=data, values=values)


RULES: Rules = {
    ReportRouted: routed,
    ReportHandedOff: handed_off,
    ReportEscalated: overdue,
    ReportReopened: reopened,
    ReportReturned: returned,
    ReportAcknowledged: acknowledged,
    ReportResolved: resolved,
    ReportClosed: closed,
    ReportNotAccepted: not_accepted,
}
