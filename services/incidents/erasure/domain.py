"""What stays of a report when its reporter is erased: the matter without the person. Its category,
community, states and times stay, for the counts; words, exact place, photo and reporter go."""

from datetime import datetime, timedelta

from chassis.domain import Decision
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import OPEN
from services.incidents.routing.domain import POLICE_ONLY


def erase_at(report: Report, now: datetime) -> datetime | None:
    """When its words may go: a while after its end, as the policy has it by route. None while it is
    open: those who come need them."""
    if report.state in OPEN or report.state == "resolved":
        return None
    is_police = report.category in POLICE_ONLY or report.danger == "sure"
    kept = report.policy.erasure_kept_days["police" if is_police else report.route]
    ended_at = report.timeline[-1].at if report.timeline else now
    return max(now, ended_at + timedelta(days=kept))


def look_again_at(report: Report, now: datetime) -> datetime:
    return now + timedelta(hours=report.policy.erasure_look_again_hours)


def erase(report: Report) -> Decision[Report]:
    """Safe to repeat. Who else had to do with it stays as an id: see docs/decisions/0037."""
    reporter = report.reporter
    timeline = tuple(
        entry.with_(
            note=None,
            reason=None,
            changed=(),
            by=None if reporter is not None and entry.by == reporter else entry.by,
        )
        for entry in report.timeline
    )
    erased = report.with_(
        text="",
        photo=None,
        reporter=None,
        follow_up_key=None,
        question=None,
        longitude=round(report.longitude, 2),
        latitude=round(report.latitude, 2),
        timeline=timeline,
    )
    return erased, ()
