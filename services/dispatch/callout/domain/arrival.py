"""Whether somebody who says that they are on scene is there, by where their phone was last.

A phone that sends nothing is normal and voids nothing. One that shows another place is asked about
once; the second tap is taken, so a phone with a bad position holds nobody up. What they worked then
waits for an officer.
"""

from datetime import datetime, timedelta

from chassis.domain import Refusal
from jinan.coordinates import Point, distance_m
from services.dispatch.callout.domain import attendance
from services.dispatch.callout.domain.next_step import with_due
from services.dispatch.callout.domain.state import Callout, Candidate, Decision
from services.dispatch.policy import DispatchPolicy
from services.dispatch.position.domain import Fix

_ROUND_M = 50


def arrive(
    callout: Callout, volunteer: str, last: Fix | None, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """As `attendance.arrive` where the last position does not speak against it, or it is said again
    within a policy time. Else only that they were asked is kept: see `require_on_scene`."""
    away = _metres_away(callout, last, policy, now)
    candidate = callout.candidate(volunteer)
    if away is None or candidate is None or candidate.state not in ("accepted", "on_the_way"):
        return attendance.arrive(callout, volunteer, policy, now)
    if _is_second_tap(candidate, policy, now):
        sure = callout.with_candidates(candidate.with_(place_shown=False))
        return attendance.arrive(sure, volunteer, policy, now)
    if candidate.doubted_at is not None and now < candidate.doubted_at + _at_least(policy):
        return None  # a finger that hit the screen twice
    # Whoever taps gives a sign all the same.
    signed, facts = attendance.still_here(callout, volunteer, policy, now) or (callout, [])
    present = signed.candidate(volunteer) or candidate
    doubted = present.with_(doubted_at=now, doubted_m=away)
    return with_due(signed.with_candidates(doubted), policy, now), facts


def require_on_scene(callout: Callout, volunteer: str) -> None:
    """Raises Refusal, with the distance, where the arrival was not taken yet."""
    one = callout.candidate(volunteer)
    if one is not None and one.state in ("accepted", "on_the_way") and one.doubted_m is not None:
        metres = max(_ROUND_M, round(one.doubted_m / _ROUND_M) * _ROUND_M)
        raise Refusal("far_from_scene", metres=metres)


def _metres_away(
    callout: Callout, last: Fix | None, policy: DispatchPolicy, now: datetime
) -> int | None:
    """How far from the scene the phone was, in metres. None: near enough to be there by now, or not
    known."""
    if last is None or now - last.at > timedelta(seconds=policy.fresh_s):
        return None
    metres = distance_m(Point(callout.longitude, callout.latitude), last.point)
    walked = max(0.0, (now - last.at).total_seconds()) * policy.walk_m_per_s
    return round(metres) if metres > policy.scene_m + walked else None


def _is_second_tap(candidate: Candidate, policy: DispatchPolicy, now: datetime) -> bool:
    if candidate.doubted_at is None:
        return False
    since = now - candidate.doubted_at
    return _at_least(policy) <= since <= timedelta(seconds=policy.second_tap_within_s)


def _at_least(policy: DispatchPolicy) -> timedelta:
    return timedelta(seconds=policy.second_tap_after_s)
