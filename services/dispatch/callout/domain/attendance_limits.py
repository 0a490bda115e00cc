"""How long a call-out, and whoever accepted, may stay as they are."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.dispatch.callout.domain.state import COMING, About, Callout, Candidate
from services.dispatch.policy import DispatchPolicy

_ABOUT: dict[str, About] = {
    "accepted": "setting_out",
    "on_the_way": "arrival",
    "on_scene": "finish",
}


def about(candidate: Candidate) -> About:
    """What is awaited of somebody who is coming."""
    return _ABOUT[candidate.state]


def last_sign(candidate: Candidate) -> datetime:
    """Of somebody who accepted."""
    signs = (candidate.sign_at, candidate.arrived_at, candidate.accepted_at)
    return max((sign for sign in signs if sign is not None), default=candidate.called_at)


def sign_due_at(candidate: Candidate, policy: DispatchPolicy) -> datetime:
    """Until when somebody who is coming can stay without a sign; then they are asked."""
    spans = {
        "setting_out": timedelta(seconds=policy.set_out_s),
        "arrival": policy.time_to_arrive(candidate.distance_m),
        "finish": timedelta(seconds=policy.finish_s),
    }
    return last_sign(candidate) + spans[about(candidate)]


def next_at(candidate: Candidate, policy: DispatchPolicy) -> datetime:
    """When somebody who is coming is asked, their leader told, or their place free again."""
    return candidate.overdue.until if candidate.overdue else sign_due_at(candidate, policy)


def given_up_at(candidate: Candidate, policy: DispatchPolicy) -> datetime:
    """When the last of these steps is due, if each of them was taken in time."""
    steps_s = policy.sign_asked_answer_s + policy.sign_leader_s
    return sign_due_at(candidate, policy) + timedelta(seconds=steps_s)


def overdue(callout: Callout, policy: DispatchPolicy, now: datetime) -> tuple[Candidate, ...]:
    """Those who are coming for whom one of these steps is due."""
    coming = callout.in_state(*COMING)
    return tuple(c for c in coming if next_at(c, policy) <= now)


def ends_at(callout: Callout, policy: DispatchPolicy) -> datetime:
    """When it ends, if nothing else ends it."""
    return callout.opened_at + timedelta(seconds=policy.open_max_s)


def times(callout: Callout, policy: DispatchPolicy) -> Iterator[datetime]:
    """When one of these limits is reached, if nothing happens before."""
    yield ends_at(callout, policy)
    yield from (next_at(candidate, policy) for candidate in callout.in_state(*COMING))
