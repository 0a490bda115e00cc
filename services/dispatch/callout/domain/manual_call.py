"""Calls by a leader or an officer to people of their choice, independent of waves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.dispatch.callout.domain.state import HELD, Callout, Candidate
from services.dispatch.policy import DispatchPolicy
from services.dispatch.responder.domain import Responder
from services.dispatch.selection.domain.select import barred
from services.dispatch.selection.domain.situation import Tally
from services.dispatch.selection.domain.team import acceptance


class Sorted(NamedTuple):
    """`free` can be called; `already` are called or coming; nobody else can be called."""

    free: list[str]
    already: list[str]


def sort_out(
    callout: Callout, people: Mapping[str, Responder], policy: DispatchPolicy, now: datetime
) -> Sorted:
    """Those who declined, are off duty, party to the matter or not of an age for it cannot be
    called."""
    known = {c.volunteer: c for c in callout.candidates}
    free = [
        volunteer
        for volunteer, person in people.items()
        if (volunteer not in known or known[volunteer].may_still_come)
        and person.on_duty
        and person.approved
        and barred(volunteer, person.birth_year, callout.parties, now, policy) is None
    ]
    return Sorted(free, [v for v in people if v in known and known[v].state in HELD])


def candidates(
    callout: Callout,
    people: Mapping[str, Responder],
    free: Collection[str],
    metres: Mapping[str, int],
    policy: DispatchPolicy,
    now: datetime,
) -> Sequence[Candidate]:
    """Those who are `free`; `metres` is the distance of each whose position is known."""
    return [
        Candidate(
            volunteer=volunteer,
            squad=person.squad,
            wave=callout.wave,
            by="hand",
            distance_m=metres.get(volunteer, 0),
            probability=acceptance(Tally(), policy),
            called_at=now,
            expires_at=now + time_to_answer(policy),
        )
        for volunteer, person in people.items()
        if volunteer in free
    ]


def time_to_answer(policy: DispatchPolicy) -> timedelta:
    return timedelta(seconds=policy.answer_manual_s)
