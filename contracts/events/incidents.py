"""Events of incidents: what was reported, who handles it, how it ended. Never the text of a
report."""

from datetime import datetime
from typing import ClassVar, Literal

from contracts import topics
from contracts.envelope import Event
from contracts.vocabulary import Category, Outcome, ReferralReason, Route, Skill, Urgency


class ReportEvent(Event):
    topic: ClassVar[str] = topics.INCIDENTS
    key: ClassVar[str] = "report"
    report: str
    station: str | None = None
    """The station that answers for the place; None while no station serves it."""
    area: str
    """The finest area known of the place: a community's 12 digits, else its street's or
    district's."""
    category: Category
    reporter: str | None = None
    """The reporter's account; None for an anonymous report."""


_REPORT = {
    "report": "rep_7c2",
    "station": "sta_duandian",
    "area": "370104009008",
    "category": "nuisance",
    "reporter": "acc_11",
}


class ReportFiled(ReportEvent):
    """A report was filed. Position WGS-84 degrees."""

    example: ClassVar = {**_REPORT, "longitude": 116.942, "latitude": 36.6695}
    longitude: float
    latitude: float


class ReportRouted(ReportEvent):
    """A report was routed, the first time or again: `round` counts 1, 2, ... A new round replaces
    the one before."""

    example: ClassVar = {
        **_REPORT,
        "round": 1,
        "route": "volunteers",
        "urgency": "normal",
        "skills": ["mediation"],
        "people_needed": 2,
        "longitude": 116.942,
        "latitude": 36.6695,
        "routed_by": "rules",
        "rules_version": "2026-01",
    }
    round: int
    route: Route
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    people_needed: int
    longitude: float
    latitude: float
    parties: tuple[str, ...] = ()
    """Accounts that are party to the matter: never called to it."""
    routed_by: Literal["rules", "officer", "reporter", "committee"]
    rules_version: str
    danger: bool = False
    """Somebody told of violence or danger to life: volunteers who were called keep away."""


class ReportHandedOff(ReportEvent):
    """The police are to handle it: the station has to act at once."""

    example: ClassVar = {**_REPORT, "urgency": "urgent"}
    urgency: Urgency


class ReportReferred(ReportEvent):
    """Somebody has to answer it: who holds the watch of the area `level`, or all officers of that
    area, until one of them acknowledges. `step` counts from 1 for each reason; a repeat of a step
    is a step of its own.

    Of a reporter with an account `reporter` is set, so that they are told as well.
    """

    example: ClassVar = {
        **_REPORT,
        "round": 1,
        "why": "handed_off",
        "urgency": "urgent",
        "level": "370104009",
        "step": 1,
        "to": ["acc_31"],
    }
    round: int
    why: ReferralReason
    urgency: Urgency
    level: str
    step: int
    to: tuple[str, ...] = ()
    """Who is asked. Empty: every officer whose grant is for `level` itself, but for `told`."""
    told: tuple[str, ...] = ()
    """Who was asked at this level before."""


class ReportReferralAcknowledged(ReportEvent):
    """An officer has seen why the report was referred, and answers for it."""

    example: ClassVar = {**_REPORT, "round": 1, "why": "triage", "by": "acc_31"}
    round: int
    why: ReferralReason
    by: str


class ReportCorrected(ReportEvent):
    """An officer, or the reporter, corrected place, community or category, for a reason kept in
    incidents. Area, station and category are the new ones."""

    example: ClassVar = {**_REPORT, "corrected_by": "officer", "fields": ["community"]}
    corrected_by: Literal["officer", "reporter"]
    fields: tuple[Literal["location", "community", "category"], ...]


class ReportQuestionAsked(ReportEvent):
    """An officer asks the reporter something. The text stays in incidents. It lapses at `until`."""

    example: ClassVar = {
        **_REPORT,
        "question": "que_1",
        "asked_by": "acc_31",
        "until": "2026-03-06T08:00:00Z",
    }
    question: str
    asked_by: str
    until: datetime


class ReportQuestionAnswered(ReportEvent):
    """The reporter answered. The text stays in incidents."""

    example: ClassVar = {**_REPORT, "question": "que_1", "asked_by": "acc_31"}
    question: str
    asked_by: str


class ReportQuestionLapsed(ReportEvent):
    """The reporter did not answer in time."""

    example: ClassVar = {**_REPORT, "question": "que_1", "asked_by": "acc_31"}
    question: str
    asked_by: str


class ReportVolunteersWarned(ReportEvent):
    """A later text may tell of danger: those who are coming keep a distance until an officer has
    looked at it."""

    example: ClassVar = {**_REPORT, "round": 1, "volunteers": ["acc_5f1e"]}
    round: int
    volunteers: tuple[str, ...]


class ReportAcknowledged(ReportEvent):
    """The police have taken it over."""

    example: ClassVar = _REPORT


class ReportResolved(ReportEvent):
    """Those who handled it report an outcome; the reporter is asked to confirm."""

    example: ClassVar = {**_REPORT, "outcome": "solved", "resolved_by": "volunteers"}
    outcome: Outcome
    resolved_by: Literal["volunteers", "committee", "station"]


class ReportConfirmed(ReportEvent):
    """The outcome is confirmed: by the reporter, or by the station for a silent one."""

    example: ClassVar = {**_REPORT, "confirmed_by": "reporter"}
    confirmed_by: Literal["reporter", "station"]


class ReportClosed(ReportEvent):
    """The report is closed."""

    example: ClassVar = {**_REPORT, "route": "volunteers", "end": "confirmed"}
    route: Route
    end: Literal["confirmed", "police_outcome", "logged"]


class ReportReopened(ReportEvent):
    """The reporter is not satisfied: a new round begins (a ReportRouted follows)."""

    example: ClassVar = {**_REPORT, "round": 2}
    round: int


class ReportWithdrawn(ReportEvent):
    """The reporter took it back: volunteers on the way are stood down."""

    example: ClassVar = _REPORT


class ReportNotAccepted(ReportEvent):
    """The station does not accept it, for a reason kept in incidents: volunteers on the way are
    stood down."""

    example: ClassVar = _REPORT


class ReportReturned(ReportEvent):
    """It was returned to the station (within 2 working days), for a reason kept in incidents."""

    example: ClassVar = {**_REPORT, "returned_by": "committee"}
    returned_by: Literal["committee", "volunteers", "station"]


class ReportEscalated(ReportEvent):
    """Nobody came, or a deadline passed: the station has to act."""

    example: ClassVar = {**_REPORT, "why": "nobody_answered"}
    why: Literal["nobody_answered", "nobody_on_duty", "overdue"]
