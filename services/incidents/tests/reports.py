"""Reports for tests, filed by the current policy, and people who ask for them."""

from datetime import datetime

from chassis.identity.guards import Principal
from contracts.access import Grant
from contracts.envelope import Event
from contracts.vocabulary import Category, Role
from jinan.local_time import LOCAL
from services.incidents.place.domain import Served
from services.incidents.policy import POLICIES
from services.incidents.report.domain.filing import Filing, file
from services.incidents.report.domain.report import RULES, Actor, Report
from services.incidents.routing.domain import RoutingInput, classify

START = datetime(2026, 3, 5, 10, 0, tzinfo=LOCAL)
COMMUNITY = "370104009008"
SECRET = "我的电话13800000000"
SERVED = Served("sta_duandian", committee=True)
OFFICER = Actor("officer", "acc_officer")
COMMITTEE = Actor("committee", "acc_committee")
REPORTER = Actor("reporter", "acc_reporter")


def new(
    text: str = "楼下广场舞太吵了",
    category: Category | None = None,
    role: Role = "resident",
    *,
    reporter: str | None = "acc_reporter",
    finished: bool = False,
    at: datetime = START,
) -> tuple[Report, list[Event]]:
    """A report just filed, and its events. Its text always holds `SECRET`."""
    routing = classify(RoutingInput(text, category, role, finished), POLICIES.at(at), at)
    filing = Filing(
        id="rep_1",
        number="JN-0000-0000-0",
        text=f"{text}。{SECRET}",
        reporter=reporter,
        reporter_role=role,
        longitude=116.942,
        latitude=36.6695,
        area=COMMUNITY,
        station="sta_duandian",
    )
    report, events = file(filing, routing, at)
    return report, list(events)


def called(report: Report, now: datetime = START) -> Report:
    """The report once its volunteers are being called: what `Reports.mark_called` does in the
    store."""
    if report.route != "volunteers" or report.state != "routed":
        return report
    return report.step("called", now, RULES, state="called")


def steps(report: Report) -> list[str]:
    return [entry.what for entry in report.timeline]


def names(events: object) -> list[str]:
    return [type(event).__name__ for event in events]  # type: ignore[attr-defined]


def person(role: Role, area: str, subject: str = "acc_x", squad: str | None = None) -> Principal:
    return Principal(
        subject=subject, session="ses", grants=(Grant(role=role, area=area, squad=squad),)
    )
