"""Rules for events of incidents.

Officers are asked by ReportReferred alone, so that one unanswered matter is one message to one
person a level. The other events tell the reporter what happens.
"""

from collections.abc import Sequence

from contracts.events.incidents import (
    ReportAcknowledged,
    ReportClosed,
    ReportCorrected,
    ReportEscalated,
    ReportHandedOff,
    ReportNotAccepted,
    ReportQuestionAnswered,
    ReportQuestionAsked,
    ReportQuestionLapsed,
    ReportReferralAcknowledged,
    ReportReferred,
    ReportResolved,
    ReportReturned,
    ReportRouted,
    ReportVolunteersWarned,
)
from contracts.texts import LocalizedText, text
from jinan.divisions import name_of
from services.notify.rules.domain.notification import (
    Accounts,
    Data,
    GrantHolders,
    Notification,
    RoleHolders,
    Rules,
    Values,
    about_report,
    local_time,
    to_reporter,
)


def routed(event: ReportRouted) -> Notification | None:
    if event.route != "committee":  # dispatch calls volunteers; ReportReferred asks the police
        return None
    to = RoleHolders("committee", event.area, event.reporter)
    data: Data = {"urgency": event.urgency, "round": event.round}
    return about_report(event, "notice", to, "committee", data=data)


def referred(event: ReportReferred) -> Notification:
    """Whoever has the watch, or everybody whose grant is for the level."""
    holder = bool(event.to)
    to = Accounts(event.to) if holder else GrantHolders("officer", event.level, event.told)
    key = "referred_holder" if holder else "referred_everybody"
    return about_report(
        event,
        "escalation",
        to,
        f"{key}_urgent" if event.urgency == "urgent" else key,
        data={
            "why": event.why,
            "level": event.level,
            "step": event.step,
            "round": event.round,
            "urgency": event.urgency,
            "asked": "holder" if holder else "everybody",
        },
        values={
            "what": text(f"referral.{event.why}"),
            "first": text(f"referral_first.{event.why}"),
            "level": name_of(event.level),
        },
    )


def handed_off(event: ReportHandedOff) -> Notification | None:
    """Being handed over: that the police have it is ReportAcknowledged's to say."""
    key = "handing_over_urgent" if event.urgency == "urgent" else "handing_over"
    return to_reporter(event, "progress", key, data={"urgency": event.urgency})


def referral_acknowledged(event: ReportReferralAcknowledged) -> Notification | None:
    # Of a hand-off ReportAcknowledged tells; `informed` changes nothing for the reporter.
    if event.why in ("handed_off", "informed"):
        return None
    return to_reporter(event, "progress", "in_hand", data={"why": event.why})


def escalated(event: ReportEscalated) -> Notification | None:
    return to_reporter(event, "progress", f"escalated_{event.why}", data={"why": event.why})


def returned(event: ReportReturned) -> Notification | None:
    data: Data = {"returned_by": event.returned_by}
    return to_reporter(event, "progress", "returned", data=data)


def corrected(event: ReportCorrected) -> Notification | None:
    if event.corrected_by == "reporter" or not event.fields:
        return None
    names = [text(f"correction.{field}") for field in event.fields]
    listed = LocalizedText(
        zh="、".join(name.zh for name in names), en=", ".join(name.en for name in names)
    )
    data: Data = {"fields": ",".join(event.fields)}
    return to_reporter(event, "progress", "corrected", data=data, values={"fields": listed})


def question_asked(event: ReportQuestionAsked) -> Notification | None:
    return to_reporter(
        event,
        "progress",
        "question_asked",
        data={"question": event.question, "until": event.until.isoformat()},
        values={"until": local_time(event.until)},
        expires_at=event.until,
    )


def question_answered(event: ReportQuestionAnswered) -> Notification:
    to, data = Accounts((event.asked_by,)), {"question": event.question}
    return about_report(event, "notice", to, "question_answered", data=data)


def question_lapsed(event: ReportQuestionLapsed) -> Sequence[Notification]:
    data: Data = {"question": event.question}
    asked_by = Accounts((event.asked_by,))
    officer = about_report(event, "notice", asked_by, "question_unanswered", data=data)
    reporter = to_reporter(event, "progress", "question_lapsed", data=data)
    return (officer, reporter) if reporter else (officer,)


def volunteers_warned(event: ReportVolunteersWarned) -> Notification:
    to, data = Accounts(event.volunteers), {"round": event.round}
    return about_report(event, "notice", to, "volunteers_warned", data=data)


def acknowledged(event: ReportAcknowledged) -> Notification | None:
    return to_reporter(event, "progress", "acknowledged")


def resolved(event: ReportResolved) -> Notification | None:
    """Of what is solved in part the rest is asked about: silence does not close it."""
    key = "resolved_partly" if event.outcome == "partly_solved" else "resolved"
    data: Data = {"outcome": event.outcome, "resolved_by": event.resolved_by}
    values: Values = {"outcome": text(f"outcome.{event.outcome}")}
    return to_reporter(event, "outcome", key, data=data, values=values)


def closed(event: ReportClosed) -> Notification | None:
    data: Data = {"end": event.end, "route": event.route}
    return to_reporter(event, "outcome", f"closed_{event.end}", data=data)


def not_accepted(event: ReportNotAccepted) -> Notification | None:
    return to_reporter(event, "outcome", "not_accepted")


RULES: Rules = {
    ReportRouted: routed,
    ReportReferred: referred,
    ReportHandedOff: handed_off,
    ReportReferralAcknowledged: referral_acknowledged,
    ReportEscalated: escalated,
    ReportReturned: returned,
    ReportCorrected: corrected,
    ReportQuestionAsked: question_asked,
    ReportQuestionAnswered: question_answered,
    ReportQuestionLapsed: question_lapsed,
    ReportVolunteersWarned: volunteers_warned,
    ReportAcknowledged: acknowledged,
    ReportResolved: resolved,
    ReportClosed: closed,
    ReportNotAccepted: not_accepted,
}
