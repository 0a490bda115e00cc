"""What a call-out's events mean for its report. Pure.

They may come in any order and more than once: each decides on the state it finds, and what belongs
to another round, or to a report that volunteers do not answer (any more), changes nothing.
"""

from datetime import datetime
from typing import Literal

from contracts.vocabulary import Outcome
from services.incidents.report import events
from services.incidents.report.decisions import Doing, hand_back_unsolved, resolve
from services.incidents.report.domain import Helper, Report, State
from services.incidents.report.filing import Decision

Shortage = Literal["nobody_answered", "nobody_on_duty", "too_few"]
_VOLUNTEERS = Doing("volunteers")
_BEFORE_ACCEPTED: frozenset[State] = frozenset({"routed", "called"})
_UNDER_WAY: frozenset[State] = frozenset({"routed", "called", "accepted", "on_scene"})


def _current(report: Report, round_: int) -> bool:
    return report.route == "volunteers" and report.round == round_


def called(report: Report, round_: int, now: datetime) -> Decision | None:
    """Volunteers are being sought."""
    if not _current(report, round_) or report.state != "routed":
        return None
    return report.step("called", now, "rules", state="called"), []


def accepted(
    report: Report, round_: int, volunteer: str, squad: str | None, now: datetime
) -> Decision | None:
    """A volunteer comes, and may read the report from now on; the first one is the first answer."""
    if not _current(report, round_) or any(
        h.volunteer == volunteer and h.round == round_ for h in report.helpers
    ):
        return None
    helper = Helper(volunteer=volunteer, squad=squad, round=round_)
    told = report.model_copy(update={"helpers": (*report.helpers, helper)})
    if report.state not in _UNDER_WAY:
        return told, []
    state = "accepted" if report.state in _BEFORE_ACCEPTED else report.state
    answered, first = report.answered_at or now, report.accepted_at or now
    return told.step(
        "accepted",
        now,
        "volunteer",
        volunteer,
        state=state,
        answered_at=answered,
        accepted_at=first,
    ), []


def left(report: Report, round_: int, volunteer: str) -> Decision | None:
    """A volunteer cannot come after all, or is not needed: they read no more; with nobody left,
    others are sought."""
    if report.round < round_:
        return None
    gone = [h for h in report.helpers if h.volunteer == volunteer and h.round == round_]
    if gone and gone[0].left:
        return None
    others = tuple(h for h in report.helpers if h not in gone)
    squad = gone[0].squad if gone else None
    helpers = (*others, Helper(volunteer=volunteer, squad=squad, round=round_, left=True))
    changed = report.model_copy(update={"helpers": helpers})
    if _current(report, round_) and report.state == "accepted" and not changed.present:
        changed = changed.model_copy(update={"state": "called"})
    return changed, []


def arrived(report: Report, round_: int, volunteer: str, now: datetime) -> Decision | None:
    """The first one on scene."""
    if not _current(report, round_) or report.state not in _UNDER_WAY - {"on_scene"}:
        return None
    return report.step(
        "on_scene",
        now,
        "volunteer",
        volunteer,
        state="on_scene",
        answered_at=report.answered_at or now,
        accepted_at=report.accepted_at or now,
    ), []


def done(report: Report, round_: int, outcome: Outcome, now: datetime) -> Decision | None:
    """Everyone who came is done: resolved, or back to the station when it could not be solved."""
    if not _current(report, round_) or report.state not in _UNDER_WAY:
        return None
    if outcome == "not_solved":
        return hand_back_unsolved(report, _VOLUNTEERS, now)
    return resolve(report, outcome, None, "volunteers", _VOLUNTEERS, now)


def escalated(report: Report, round_: int, why: Shortage, now: datetime) -> Decision | None:
    """Too few answered: the station has to act. Told once a round for each reason."""
    if not _current(report, round_) or report.state not in _UNDER_WAY or why in report.escalations:
        return None
    told = report.step("escalated", now, "rules", escalations=(*report.escalations, why))
    return told, [events.escalated(told, "nobody_answered" if why == "too_few" else why)]
