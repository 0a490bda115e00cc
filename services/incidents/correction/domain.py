"""Putting right where a report lies and what it is about.

What was there before stands in the time line. What follows depends on who answers the report:
another station is asked, a committee that is known now gets it, volunteers leave what they may not
answer to the police.
"""

from dataclasses import dataclass
from datetime import datetime

from chassis.domain import Decision, Refusal
from contracts.vocabulary import Category
from jinan.areas import containing, is_community, street_of
from services.incidents.place.domain import Place
from services.incidents.referral.domain import Referral
from services.incidents.report import events
from services.incidents.report.domain.decisions import next_round, require, take, urgency_of
from services.incidents.report.domain.filing import start_round
from services.incidents.report.domain.parts import Change, CorrectedField
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.domain.states import MAX_CORRECTIONS, OPEN
from services.incidents.report.events import CorrectedPart
from services.incidents.routing.domain import NEVER_VOLUNTEERS

_PARTS: dict[CorrectedField, CorrectedPart] = {
    "location": "location",
    "area": "community",
    "category": "category",
}


@dataclass(frozen=True)
class Correction:
    """What is None stays as it was. `moved`: the place's point is new, not only its area.
    `staffed`: whether anybody of the place's committee has an account."""

    place: Place | None = None
    category: Category | None = None
    reason: str | None = None
    staffed: bool = True
    moved: bool = True


def correct(
    report: Report, correction: Correction, actor: Actor, now: datetime
) -> Decision[Report]:
    """By an officer of the area, with a reason; the reporter chooses the community while it is
    open."""
    if actor.role == "officer" and correction.reason is None:
        raise Refusal("reason_required", "body.reason")
    if actor.role != "officer":
        require(report, OPEN)
    if sum(entry.what == "corrected" for entry in report.timeline) >= MAX_CORRECTIONS:
        raise Refusal("too_many_corrections", max=MAX_CORRECTIONS)
    after = _placed(report, correction)
    after = _judged(after, correction.category)
    changed = _changes(report, after)
    if not changed:
        raise Refusal("nothing_corrected", "body")
    after, facts = take(after, actor, now)
    after = after.step("corrected", now, actor, reason=correction.reason, changed=changed)
    by = "officer" if actor.role == "officer" else "reporter"
    told = events.corrected(after, by, tuple(_PARTS[change.field] for change in changed))
    sent, more = _followed(report, after, correction, actor, now)
    return sent, [*facts, told, *more]


def _placed(report: Report, correction: Correction) -> Report:
    place = correction.place
    if place is None:
        return report
    placed = report.with_(area=place.area, station=place.station)
    if not correction.moved:
        return placed
    return placed.with_(longitude=place.point.longitude, latitude=place.point.latitude)


def _judged(report: Report, category: Category | None) -> Report:
    """An officer's judgement: the words' danger counts no more, unless the category is one and
    somebody may still go there. While nobody has it, the route that is suggested follows."""
    if category is None or category == report.category:
        return report
    entry = report.policy.category[category]
    suggested = report.state == "filed" and entry.route != "log"
    route = entry.route if suggested else report.route
    dangerous = category in ("violence", "emergency") and report.state in OPEN
    return report.with_(
        category=category,
        route=route,
        urgency="urgent" if route == "police" else urgency_of(report, category),
        skills=entry.skills,
        people_needed=entry.people,
        danger="sure" if dangerous else "none",
        because=("officer",),
        confidence=1.0,
    )


def _changes(before: Report, after: Report) -> tuple[Change, ...]:
    values: tuple[tuple[CorrectedField, str, str], ...] = (
        ("location", _location(before), _location(after)),
        ("area", before.area, after.area),
        ("category", before.category, after.category),
    )
    return tuple(Change(field=f, old=old, new=new) for f, old, new in values if old != new)


def _location(report: Report) -> str:
    return f"{report.longitude:.6f},{report.latitude:.6f}"


def _followed(
    before: Report, after: Report, correction: Correction, actor: Actor, now: datetime
) -> Decision[Report]:
    if after.state not in OPEN:
        return _asked_anew(before, after, now), []
    by = "officer" if actor.role == "officer" else "reporter"
    with_police = after.state in ("handed_off", "acknowledged")
    newly = before.category != after.category and after.category in NEVER_VOLUNTEERS
    if newly and not with_police:
        police = next_round(after).with_(route="police", urgency="urgent", referral=None)
        return start_round(police, by, actor, now)
    if _is_for_committee_now(before, after):
        given = next_round(after).with_(referral=None)
        sent, facts = start_round(given, by, actor, now, committee=correction.staffed)
        return _since(sent, before.referral), facts
    moved = _asked_anew(before, after, now)
    if after.state == "acknowledged" and moved.referred and not _same_chain(before, after):
        handed = moved.step("handed_off", now, actor, state="handed_off", answered_at=None)
        return handed, [events.handed_off(handed)]
    return moved, []


def _is_for_committee_now(before: Report, after: Report) -> bool:
    """It waited for its place, or lies with another committee, or with one that is not known."""
    if after.route != "committee" or before.area == after.area:
        return False
    if after.state == "assigned":
        return True
    if not is_community(after.area):
        return False
    waited = before.referral is not None and before.referral.why in ("place", "no_committee")
    return after.state == "filed" and waited


def _asked_anew(before: Report, after: Report, now: datetime) -> Report:
    """Other watches answer for it now: the one of the smallest area is asked."""
    referral = before.referral
    if _same_chain(before, after):
        return after
    if referral is None:
        taken_over = after.state == "acknowledged"
        return after.refer("handed_off", "urgent", now) if taken_over else after
    begun = Referral.begun(
        referral.why, referral.urgency, now, from_district=referral.from_district
    )
    return _since(after.with_(referral=begun), referral)


def _same_chain(before: Report, after: Report) -> bool:
    return containing(street_of(before.area)) == containing(street_of(after.area))


def _since(report: Report, before: Referral | None) -> Report:
    """Who waits has waited since before."""
    if report.referral is None or before is None:
        return report
    return report.with_(referral=report.referral.with_(since=before.since))
