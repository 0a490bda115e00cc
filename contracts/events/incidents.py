"""Events of incidents: what was reported, who handles it, how it ended. Never the text of a
report."""

from typing import ClassVar, Literal

from contracts import topics
from contracts.envelope import Event
from contracts.vocabulary import Category, Outcome, Route, Skill, Urgency


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


class ReportHandedOff(ReportEvent):
    """The police are to handle it: the station has to act at once."""

    example: ClassVar = {**_REPORT, "urgency": "urgent"}
    urgency: Urgency


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
    returned_by: Literal["committee", "volunteers"]


class ReportEscalated(ReportEvent):
    """Nobody came, or a deadline passed: the station has to act."""

    example: ClassVar = {**_REPORT, "why": "nobody_answered"}
    why: Literal["nobody_answered", "nobody_on_duty", "overdue"]
