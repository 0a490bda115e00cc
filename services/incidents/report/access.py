"""Who may read a report, and in what capacity. Pure. Nobody else learns that it exists: 404."""

from typing import Literal

from chassis.identity.guards import Principal
from contracts.vocabulary import Category, Role, Route
from services.incidents.report.domain import Report
from services.incidents.report.routing import POLICE_ONLY

Capacity = Literal["reporter", "officer", "committee", "volunteer", "leader"]


def is_committees(route: Route, category: Category) -> bool:
    """Whether the committee of the area sees it: not what is the police's, though an officer let
    volunteers search."""
    return route == "committee" or (route != "police" and category not in POLICE_ONLY)


def capacity(report: Report, who: Principal) -> Capacity | None:
    """Why this person may read it; None: they may not. An officer is one even of what they reported
    themselves."""
    if who.may("report.read", report.area, "officer"):
        return "officer"
    if is_committees(report.route, report.category) and who.may(
        "report.read", report.area, "committee"
    ):
        return "committee"
    if report.reporter is not None and report.reporter == who.subject:
        return "reporter"
    if report.route not in ("volunteers", "log"):  # whom it was taken away from reads no more
        return None
    here = report.present
    if any(h.volunteer == who.subject for h in here) and who.has(
        "volunteer", "leader"
    ):  # who is suspended is neither
        return "volunteer"
    if any(h.squad and who.may("report.read", report.area, "leader", squad=h.squad) for h in here):
        return "leader"
    return None


def role_when_filing(who: Principal | None) -> Role:
    """In what role somebody reports: what they do for the neighbourhood, if anything, else a
    resident."""
    order: tuple[Role, ...] = ("leader", "volunteer", "officer", "committee")
    for role in order:
        if who is not None and who.has(role):
            return role
    return "resident"
