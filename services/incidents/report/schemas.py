"""Answers about reports, and what each reader sees in them. A file of its own because `api.py`
would exceed 300 lines with them, and follow-ups show parts of them."""

from datetime import datetime
from typing import Any, Literal

from chassis.http.paging import Page
from chassis.http.schemas import LocalizedText, PartialView, View
from contracts import ids
from contracts.texts import text
from contracts.vocabulary import (
    Category,
    Danger,
    Outcome,
    ReferralReason,
    Route,
    Skill,
    Urgency,
)
from services.incidents.report.domain.access import Capacity
from services.incidents.report.domain.parts import (
    CorrectedField,
    Question,
    QuestionState,
    TimelineEntry,
)
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import (
    OPEN,
    ActorRole,
    ConfirmedBy,
    ReportEnd,
    ReportState,
    TimelineStep,
)
from services.incidents.routing.domain import POLICE_ONLY, Triage
from services.incidents.routing.domain.reasons import reasons

OFFICERS_ONLY: frozenset[TimelineStep] = frozenset({"referred", "referral_acknowledged"})
"""Lines of the time line about who was asked to look, and when."""


class ReportLocationView(View):
    """WGS-84 degrees."""

    longitude: float
    latitude: float
    datum: Literal["wgs84"] = "wgs84"


class ChangeView(View):
    """What a correction replaced, as codes; a location as `longitude,latitude`."""

    field: CorrectedField
    old: str
    new: str


class TimelineEntryView(View):
    """`reason`, `note` and `changed` are for those who may read the report. `area`: whose
    watch was asked; only officers see such lines. `by_role` of an anonymous report's filing tells
    nobody more than `reporter`."""

    at: datetime
    what: TimelineStep
    by_role: ActorRole
    round: int
    reason: str | None
    note: str | None
    area: ids.AreaCode | None
    changed: list[ChangeView] | None


class ReferralView(View):
    """Who has to look at it. `level`: the area that is asked, empty before anybody was.
    `waiting_s`: seconds until somebody acknowledged, so far."""

    why: ReferralReason
    why_text: LocalizedText
    urgency: Urgency
    since: datetime
    level: str
    step: int
    acknowledged_at: datetime | None
    waiting_s: int


class QuestionView(View):
    """An officer's question to the reporter. One that is `lapsed` may still get an answer, which is
    late then."""

    id: ids.QuestionId
    state: QuestionState
    state_text: LocalizedText
    text: str
    asked_at: datetime
    until: datetime
    answer: str | None
    ended_at: datetime | None


class ReportView(PartialView):
    """Only shown to those who may read the report. `because`: why it was routed so, as codes;
    `because_text` in words. `triage`: a person looks first, and route and category are what the
    rules suggest. `confidence`: the probability, from 0 to 1, that the route is right; 1 once an
    officer has chosen it. `referral` is for officers. `advice` is for the reporter, to be
    shown at once."""

    id: ids.ReportId
    number: str
    state: ReportState
    state_text: LocalizedText
    route: Route
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...]
    people_needed: int
    because: tuple[str, ...]
    because_text: list[LocalizedText]
    confidence: float
    danger: Danger
    triage: Triage | None
    referral: ReferralView | None
    question: QuestionView | None
    escalated: bool
    station: ids.StationId | None
    area: ids.AreaCode
    round: int
    rules_version: str
    anonymous: bool
    filed_at: datetime
    first_answer_due: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    confirmed_by: ConfirmedBy | None
    end: ReportEnd | None
    text: str
    location: ReportLocationView
    has_photo: bool
    timeline: list[TimelineEntryView]
    advice: LocalizedText | None


class FiledReportView(ReportView):
    """`follow_up_key`: for an anonymous reporter; no other answer has it, nor a repeat without an
    account that does not prove, by a random Idempotency-Key, to come from the same phone."""

    follow_up_key: str | None


class ReportPage(Page[ReportView]):
    pass


def timeline_entry_view(
    entry: TimelineEntry, *, readable: bool, filer_shown: bool
) -> TimelineEntryView:
    """`filer_shown`: in which role it was filed; else that the reporter did."""
    hidden = entry.what == "filed" and not filer_shown
    changed = [ChangeView(**vars(change)) for change in entry.changed]
    return TimelineEntryView(
        at=entry.at,
        what=entry.what,
        by_role="reporter" if hidden else entry.by_role,
        round=entry.round,
        reason=entry.reason if readable else None,
        note=entry.note if readable else None,
        area=entry.area if readable else None,
        changed=changed if readable else None,
    )


def report_view(report: Report, reads_as: Capacity | None, now: datetime) -> ReportView:
    """`reads_as` None: an officer who has just moved it out of their area."""
    return ReportView(**_fields(report, reads_as, now))


def filed_report_view(report: Report, follow_up_key: str | None, now: datetime) -> FiledReportView:
    fields = _fields(report, "reporter", now)
    if report.reporter is None and follow_up_key is None:
        fields["hidden"] += ("follow_up_key",)
    return FiledReportView(**fields, follow_up_key=follow_up_key)


def _fields(report: Report, reads_as: Capacity | None, now: datetime) -> dict[str, Any]:
    shaped = {"timeline", "referral", "question", "hidden"}
    fields: dict[str, Any] = report.model_dump(include=set(ReportView.model_fields) - shaped)
    for_officer = reads_as == "officer"
    return fields | {
        "state_text": state_text(report),
        "because_text": list(reasons(report.because)),
        "referral": _referral_view(report, now) if for_officer else None,
        "question": question_view(report.question) if report.question else None,
        "escalated": bool(report.escalations),
        "anonymous": report.reporter is None,
        "first_answer_due": report.first_answer_due,
        "location": ReportLocationView(longitude=report.longitude, latitude=report.latitude),
        "has_photo": report.photo is not None,
        "timeline": [
            timeline_entry_view(entry, readable=True, filer_shown=report.reporter is not None)
            for entry in report.timeline
            if for_officer or entry.what not in OFFICERS_ONLY
        ],
        "advice": advice(report) if reads_as == "reporter" else None,
        "hidden": _hidden(reads_as),
    }


def _hidden(reads_as: Capacity | None) -> tuple[str, ...]:
    readers = {"referral": "officer", "advice": "reporter"}
    return tuple(field for field, reader in readers.items() if reads_as != reader)


def _referral_view(report: Report, now: datetime) -> ReferralView | None:
    referral = report.referral
    if referral is None:
        return None
    waited = (referral.acknowledged_at or now) - referral.since
    return ReferralView(
        why=referral.why,
        why_text=text(f"referral.{referral.why}"),
        urgency=referral.urgency,
        since=referral.since,
        level=referral.level,
        step=referral.step,
        acknowledged_at=referral.acknowledged_at,
        waiting_s=max(0, int(waited.total_seconds())),
    )


def question_view(question: Question) -> QuestionView:
    late = question.state == "lapsed" and question.answer is not None
    return QuestionView(
        id=question.id,
        state=question.state,
        state_text=text("question.late") if late else text(f"question.{question.state}"),
        text=question.text,
        asked_at=question.at,
        until=question.until,
        answer=question.answer,
        ended_at=question.ended_at,
    )


def state_text(report: Report) -> LocalizedText:
    """Where it stands, in words that are true: nobody has it before somebody acknowledged."""
    seen = report.referral is not None and not report.referral.open
    if seen and report.state in ("filed", "handed_off"):
        return text(f"state.{report.state}_seen")
    return text(f"state.{report.state}")


_ADVISED = {
    "suicide": "crisis",
    "ledge": "crisis",
    "fire": "fire",
    "gas": "gas",
    "water": "water",
    "crash": "injury",
    "bleeding": "injury",
    "casualties": "injury",
    "unconscious": "injury",
    "no_breath": "injury",
    "fit": "injury",
    "poison": "poison",
    "followed": "followed",
}
"""Sign in the words -> the advice that fits it; the first sign counts."""


def advice(report: Report) -> LocalizedText | None:
    """What the reporter should do at once, where there is or may be danger, and for police
    matters, until it is resolved."""
    if report.state not in OPEN or (report.route != "police" and report.danger == "none"):
        return None
    if (sign := next(filter(_ADVISED.__contains__, report.because), None)) is not None:
        return text(f"advice.{_ADVISED[sign]}")
    if report.category in ("fraud", "missing", "emergency"):
        return text(f"advice.{report.category}")
    plainly = report.danger == "sure" or report.category in POLICE_ONLY
    return text("advice.police" if plainly else "advice.tension")
