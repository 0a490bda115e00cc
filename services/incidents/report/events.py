"""A report's events, as the contracts have them. Never its text."""

from typing import Any, Literal

from contracts.events import incidents
from contracts.vocabulary import Outcome, ReferralReason
from services.incidents.referral.domain import Referral
from services.incidents.report.domain.parts import Question
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import ConfirmedBy

RoutedBy = Literal["rules", "officer", "reporter", "committee"]
ReturnedBy = Literal["committee", "volunteers", "station"]
CorrectedPart = Literal["location", "community", "category"]
Why = Literal["nobody_answered", "nobody_on_duty", "overdue"]


def _about(report: Report) -> dict[str, Any]:
    return {
        "report": report.id,
        "station": report.station,
        "area": report.area,
        "category": report.category,
        "reporter": report.reporter,
    }


def filed(report: Report) -> incidents.ReportFiled:
    return incidents.ReportFiled(
        **_about(report), longitude=report.longitude, latitude=report.latitude
    )


def routed(report: Report, by: RoutedBy) -> incidents.ReportRouted:
    return incidents.ReportRouted(
        **_about(report),
        round=report.round,
        route=report.route,
        urgency=report.urgency,
        skills=report.skills,
        people_needed=report.people_needed,
        longitude=report.longitude,
        latitude=report.latitude,
        parties=(report.reporter,) if report.reporter else (),
        routed_by=by,
        rules_version=report.rules_version,
        danger=report.danger == "sure",
    )


def handed_off(report: Report) -> incidents.ReportHandedOff:
    return incidents.ReportHandedOff(**_about(report), urgency=report.urgency)


def referred(report: Report, referral: Referral) -> incidents.ReportReferred:
    """The latest step of its referral."""
    return incidents.ReportReferred(
        **_about(report),
        round=report.round,
        why=referral.why,
        urgency=referral.urgency,
        level=referral.level,
        step=referral.step,
        to=(referral.to,) if referral.to else (),
        told=() if referral.to else referral.told,
    )


def referral_acknowledged(
    report: Report, why: ReferralReason, by: str
) -> incidents.ReportReferralAcknowledged:
    return incidents.ReportReferralAcknowledged(
        **_about(report), round=report.round, why=why, by=by
    )


def volunteers_warned(
    report: Report, volunteers: tuple[str, ...]
) -> incidents.ReportVolunteersWarned:
    return incidents.ReportVolunteersWarned(
        **_about(report), round=report.round, volunteers=volunteers
    )


def acknowledged(report: Report) -> incidents.ReportAcknowledged:
    return incidents.ReportAcknowledged(**_about(report))


def resolved(
    report: Report, outcome: Outcome, by: Literal["volunteers", "committee", "station"]
) -> incidents.ReportResolved:
    return incidents.ReportResolved(**_about(report), outcome=outcome, resolved_by=by)


def confirmed(report: Report, by: ConfirmedBy) -> incidents.ReportConfirmed:
    return incidents.ReportConfirmed(**_about(report), confirmed_by=by)


def closed(
    report: Report, end: Literal["confirmed", "police_outcome", "logged"]
) -> incidents.ReportClosed:
    return incidents.ReportClosed(**_about(report), route=report.route, end=end)


def reopened(report: Report) -> incidents.ReportReopened:
    return incidents.ReportReopened(**_about(report), round=report.round)


def withdrawn(report: Report) -> incidents.ReportWithdrawn:
    return incidents.ReportWithdrawn(**_about(report))


def not_accepted(report: Report) -> incidents.ReportNotAccepted:
    return incidents.ReportNotAccepted(**_about(report))


def returned(report: Report, by: ReturnedBy) -> incidents.ReportReturned:
    return incidents.ReportReturned(**_about(report), returned_by=by)


def escalated(report: Report, why: Why) -> incidents.ReportEscalated:
    return incidents.ReportEscalated(**_about(report), why=why)


def corrected(
    report: Report, by: Literal["officer", "reporter"], parts: tuple[CorrectedPart, ...]
) -> incidents.ReportCorrected:
    return incidents.ReportCorrected(**_about(report), corrected_by=by, fields=parts)


def question_asked(report: Report, question: Question) -> incidents.ReportQuestionAsked:
    return incidents.ReportQuestionAsked(
        **_about(report), question=question.id, asked_by=question.by, until=question.until
    )


def question_answered(report: Report, question: Question) -> incidents.ReportQuestionAnswered:
    return incidents.ReportQuestionAnswered(
        **_about(report), question=question.id, asked_by=question.by
    )


def question_lapsed(report: Report, question: Question) -> incidents.ReportQuestionLapsed:
    return incidents.ReportQuestionLapsed(
        **_about(report), question=question.id, asked_by=question.by
    )
