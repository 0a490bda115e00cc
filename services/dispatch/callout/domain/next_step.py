"""The timed steps of a call-out, and when they are due."""

from datetime import datetime, timedelta
from typing import Literal

from services.dispatch.callout.domain import attendance_limits
from services.dispatch.callout.domain.state import Callout
from services.dispatch.policy import DispatchPolicy

Step = Literal["nothing", "expire", "lapse", "chase", "wave", "leader", "station"]


def next_step(callout: Callout, policy: DispatchPolicy, now: datetime) -> Step:
    """The step that is due.

    Who accepted and gives no sign is chased. The next wave goes out as soon as those who have not
    answered can no longer fill the places; when there is no next wave the leaders are alerted, then
    the station. Whoever is told, a wave goes out when somebody near is free again.
    """
    if callout.ended:
        return "nothing"
    if attendance_limits.ends_at(callout, policy) <= now:
        return "expire"
    open_calls = callout.in_state("called")
    if any(c.expires_at <= now for c in open_calls):
        return "lapse"
    if attendance_limits.overdue(callout, policy, now):
        return "chase"
    if callout.outcome is not None or callout.places_left <= len(open_calls):
        return "nothing"
    if callout.again_at is not None and callout.again_at > now:
        return "nothing"
    if callout.tries < policy.max_waves or _is_over(callout.free_at, now):
        return "wave"
    if callout.escalated_to is None:
        return "leader"
    late = callout.escalated_to == "leader" and _is_over(callout.leaders_until, now)
    return "station" if late else "nothing"


def with_due(callout: Callout, policy: DispatchPolicy, now: datetime) -> Callout:
    """The call-out with the time at which its next step is due, and whether it waits for whoever
    becomes free."""
    times = {now, *(c.expires_at for c in callout.in_state("called"))}
    ends = (callout.leaders_until, callout.again_at, callout.free_at)
    times.update(at for at in ends if at is not None)
    times.update(attendance_limits.times(callout, policy))
    ahead = sorted(at for at in times if at >= now)
    due = (at for at in ahead if next_step(callout, policy, at) != "nothing")
    return callout.with_(due_at=next(due, None), waiting=_is_waiting(callout, policy))


def look_once_more(
    before: Callout, after: Callout, policy: DispatchPolicy, now: datetime
) -> Callout:
    """Who became free after the search and before this was written was not told that the call-out
    waits: nobody could see it. One more look after the write finds them."""
    if before.waiting or not after.waiting:
        return after
    again = now + timedelta(seconds=policy.look_again_s)
    return with_due(after.with_(free_at=min(after.free_at or again, again)), policy, now)


def _is_waiting(callout: Callout, policy: DispatchPolicy) -> bool:
    empty = not callout.ended and callout.outcome is None and callout.places_left > 0
    return empty and callout.tries >= policy.max_waves


def _is_over(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
