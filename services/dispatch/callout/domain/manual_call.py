"""Calls by a leader or an officer to people of their choice, independent of waves."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.dispatch.callout.domain.state import COMING, Callout, Candidate
from services.dispatch.policy import DispatchPolicy
from services.dispatch.responder.domain import Profile
from services.dispatch.selection.domain.select import barred
from services.dispatch.selection.domain.situation import Tally
from services.dispatch.selection.domain.team import acceptance


class Sorted(NamedTuple):
    """`free` can be called; `already` are called or coming; nobody else can be called."""

    free: list[str]
    already: list[str]


def sort_out(
    callout: Callout, people: Mapping[str, Profile], policy: DispatchPolicy, now: datetime
) -> Sorted:
    """Those who declined, are party to the matter or not of an age for it cannot be called."""
    states = {c.volunteer: c.state for c in callout.candidates}
    free = [
        volunteer
        for volunteer, person in people.items()
        if states.get(volunteer, "timed_out") == "timed_out"
        and barred(volunteer, person.birth_year, callout.parties, now, policy) is None
    ]
    return Sorted(free, [v for v in people if states.get(v) in ("called", *COMING)])


def candidates(
    callout: Callout,
    people: Mapping[str, Profile],
    metres: Mapping[str, int],
    policy: DispatchPolicy,
    now: datetime,
) -> Sequence[Candidate]:
    """Of those who were claimed; `metres` is the distance of each."""
    return [
        Candidate(
            volunteer=volunteer,
            squad=person.squad,
            wave=callout.wave,
            by="hand",
            distance_m=metres[volunteer],
            probability=acceptance(Tally(), policy),
            called_at=now,
            expires_at=now + time_to_answer(policy),
        )
        for volunteer, person in people.items()
        if volunteer in metres
    ]


def time_to_answer(policy: DispatchPolicy) -> timedelta:
    return timedelta(seconds=policy.answer_manual_s)
