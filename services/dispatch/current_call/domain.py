"""What a volunteer needs to know of the call that they are asked to answer, or have accepted."""

from collections.abc import Sequence
from datetime import datetime

from chassis.domain import Frozen
from jinan.coordinates import Point
from services.dispatch.callout.domain.state import COMING, Callout, Candidate, CandidateState


class Companion(Frozen):
    """Somebody else who comes. Nobody is told who it is: a volunteer's name is the officer's and
    the leader's to read."""

    state: CandidateState
    same_squad: bool
    accepted_at: datetime | None


def seconds_left(own: Candidate, now: datetime) -> int | None:
    """Whole seconds in which to answer, never below 0; None once it is answered."""
    if own.state != "called":
        return None
    return max(0, int((own.expires_at - now).total_seconds()))


def place(callout: Callout, own: Candidate) -> Point | None:
    """WGS-84; None before they accept."""
    if own.state not in COMING:
        return None
    return Point(callout.longitude, callout.latitude)


def companions(callout: Callout, own: Candidate) -> Sequence[Companion]:
    """The others who come, the first to accept first; nobody before one has accepted oneself."""
    if own.state not in COMING:
        return ()
    others = [c for c in callout.in_state(*COMING) if c.volunteer != own.volunteer]
    others.sort(key=lambda c: (c.accepted_at or c.called_at, c.volunteer))
    return [
        Companion(
            state=c.state,
            same_squad=own.squad is not None and c.squad == own.squad,
            accepted_at=c.accepted_at,
        )
        for c in others
    ]
