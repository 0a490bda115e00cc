"""Events of incidents: what is wrong, who deals with it, how it ended. Never the words of a
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
    """A report was taken in. Position WGS-84 degrees."""

    example: ClassVar = {**_REPORT, "longitude": 116.942, "latitude": 36.6695}
    longitude: float
    latitude: float


class ReportRouted(ReportEvent):
    """A report has its route, first or anew: `round` counts 1, 2, ... A new round replaces what
    went before."""

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
    """The matter is the police's: the station is told at once."""

    example: ClassVar = {**_REPORT, "urgency": "urgent"}
    urgency: Urgency


class ReportAcknowledged(ReportEvent):
    """The police have taken the matter over from here."""

    example: ClassVar = _REPORT


class ReportResolved(ReportEvent):
    """Who dealt with it says it is done; the reporter is asked whether it is."""

    example: ClassVar = {**_REPORT, "outcome": "solved", "resolved_by": "volunteers"}
    outcome: Outcome
    resolved_by: Literal["volunteers", "committee", "station"]


class ReportConfirmed(ReportEvent):
    """It really is solved: the reporter said so, or the station did for a silent one."""

    example: ClassVar = {**_REPORT, "confirmed_by": "reporter"}
    confirmed_by: Literal["reporter", "station"]


class ReportClosed(ReportEvent):
    """The matter is closed."""

    example: ClassVar = {**_REPORT, "route": "volunteers", "end": "confirmed"}
    route: Route
    end: Literal["confirmed", "police_outcome", "logged"]


class ReportReopened(ReportEvent):
    """The reporter is not satisfied: a new round begins (a ReportRouted follows)."""

    example: ClassVar = {**_REPORT, "round": 2}
    round: int


class ReportWithdrawn(ReportEvent):
    """The reporter took it back: whoever is on the way is stood down."""

    example: ClassVar = _REPORT


class ReportNotAccepted(ReportEvent):
    """The station does not take it on, with a reason kept in incidents: whoever is on the way is
    stood down."""

    example: ClassVar = _REPORT


class ReportReturned(ReportEvent):
    """Who it was given to gives it back to the station (within 2 working days), with a reason kept
    in incidents."""

    example: ClassVar = {**_REPORT, "returned_by": "committee"}
    returned_by: Literal["committee", "volunteers"]


class ReportEscalated(ReportEvent):
    """Nobody came, or a deadline passed: the station has to act."""

    example: ClassVar = {**_REPORT, "why": "nobody_answered"}
    why: Literal["nobody_answered", "nobody_on_duty", "overdue"]
