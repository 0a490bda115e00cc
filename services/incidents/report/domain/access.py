"""Who may read a report, and in what capacity. For everybody else it does not exist."""

from datetime import datetime
from typing import Literal, NamedTuple

from chassis.domain import Refusal
from contracts.access import Principal
from contracts.vocabulary import Category, Role, Route
from jinan.areas import covers
from services.incidents.report.domain.report import Report
from services.incidents.routing.domain import POLICE_ONLY

Capacity = Literal["reporter", "officer", "committee", "volunteer", "leader"]


def is_for_committee(route: Route, category: Category) -> bool:
    """Whether the area's committee may read it. Police matters are excluded, even while volunteers
    help with a search."""
    return route == "committee" or (route != "police" and category not in POLICE_ONLY)


def capacity(report: Report, who: Principal, now: datetime) -> Capacity | None:
    """In what capacity this person may read the report; None: they may not. An officer of the area
    is one even for a report of their own. Who helped, and their leader, read it until a policy time
    after its end, for writing down what was found."""
    if who.may("report.read", report.area, "officer"):
        return "officer"
    if is_for_committee(report.route, report.category) and who.may(
        "report.read", report.area, "committee"
    ):
        return "committee"
    if report.reporter is not None and report.reporter == who.subject:
        return "reporter"
    if report.route not in ("volunteers", "log"):  # volunteers lose access after rerouting
        return None
    if report.closed_at is not None and now >= report.closed_at + report.policy.helpers_read_after:
        return None
    here = report.present
    # A suspended volunteer has neither role any more.
    if any(h.volunteer == who.subject for h in here) and who.has("volunteer", "leader"):
        return "volunteer"
    if any(h.squad and who.may("report.read", report.area, "leader", squad=h.squad) for h in here):
        return "leader"
    return None


def role_when_filing(
    who: Principal | None, *, anonymous: bool = False, finished: bool = False
) -> Role:
    """In what role somebody files a report: their role in the neighbourhood, else resident. An
    anonymous reporter has none, since it would tell who filed.

    Raises Refusal for what is `finished` already, unless a volunteer files it under their name.
    """
    if finished and anonymous:
        raise Refusal("finished_with_name", "body.anonymous")
    found = _role_of(who) if who is not None and not anonymous else None
    if finished and found not in ("volunteer", "leader"):
        raise Refusal("finished_by_volunteers", "body.finished")
    return found or "resident"


def _role_of(who: Principal) -> Role | None:
    order: tuple[Role, ...] = ("leader", "volunteer", "officer", "committee")
    return next((role for role in order if who.has(role)), None)


class VisibleAreas(NamedTuple):
    """Where somebody lists reports: all of them as an officer, without police matters as committee
    staff."""

    officer: tuple[str, ...]
    committee: tuple[str, ...]


def visible_areas(who: Principal, wanted: tuple[str, ...] | None) -> VisibleAreas:
    """The wanted areas as far as the person manages them; None: all that they manage. Raises
    Refusal where nothing is left."""

    def managed(role: Role) -> tuple[str, ...]:
        own = [grant.area for grant in who.grants_for("report.manage") if grant.role == role]
        if wanted is None:
            return tuple(own)
        pairs = [(area, grant) for area in wanted for grant in own]
        narrowed = {area for area, grant in pairs if covers(grant, area)}
        return tuple(sorted(narrowed | {grant for area, grant in pairs if covers(area, grant)}))

    areas = VisibleAreas(managed("officer"), managed("committee"))
    if not any(areas):
        raise Refusal("outside_area")
    return areas
