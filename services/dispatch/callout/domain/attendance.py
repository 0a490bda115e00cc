"""From an acceptance to the end: on the way, on scene, done; or withdrawn, dropped, stood down.

What they do is a sign: who gives none is asked (`overdue`). Each function gives the new state and
its facts, or None where nothing changes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.vocabulary import Outcome
from services.dispatch.callout import events
from services.dispatch.callout.domain.attendance_limits import (
    given_up_at,
    last_sign,
    sign_due_at,
)
from services.dispatch.callout.domain.filling import place_freed
from services.dispatch.callout.domain.next_step import with_due
from services.dispatch.callout.domain.state import (
    COMING,
    Callout,
    Candidate,
    CandidateState,
    Decision,
    EndReason,
    StandDownReason,
)
from services.dispatch.policy import DispatchPolicy

_WHY: Mapping[EndReason, StandDownReason] = {
    "withdrawn": "report_ended",
    "closed": "report_ended",
    "routed_elsewhere": "routed_elsewhere",
    "danger": "danger",
}


def set_out(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    candidate = _coming(callout, volunteer, "on_the_way", "on_scene", "done")
    if candidate is None:
        return None
    after = _under_way(_signed(callout, candidate, now, state="on_the_way"))
    return with_due(after, policy, now), [events.on_the_way(after, volunteer)]


def arrive(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """Hours count from here."""
    candidate = _coming(callout, volunteer, "on_scene", "done")
    if candidate is None:
        return None
    after = _under_way(_signed(callout, candidate, now, state="on_scene", arrived_at=now))
    return with_due(after, policy, now), [events.arrived(after, volunteer)]


def still_here(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """They are still coming, or still there: the time without a sign begins anew."""
    candidate = _coming(callout, volunteer)
    if candidate is None or (candidate.overdue is None and last_sign(candidate) >= now):
        return None
    return with_due(_signed(callout, candidate, now), policy, now), []


def finish(
    callout: Callout, volunteer: str, outcome: Outcome, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """The first outcome given is the call-out's; the last volunteer to finish ends it."""
    candidate = _coming(callout, volunteer, "done")
    if candidate is None:
        return None
    if candidate.state != "on_scene":
        raise Refusal("wrong_state", state=candidate.state)
    after = callout.with_candidates(_ended(candidate, "done", now)).with_(
        outcome=callout.outcome or outcome
    )
    return left(after, [*evidence(callout, candidate, policy, now)], policy, now)


def withdraw(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """They cannot come or stay: the place is filled again. Time on scene is credited."""
    candidate = _coming(callout, volunteer, "withdrew")
    if candidate is None:
        return None
    after = callout.with_candidates(_ended(candidate, "withdrew", now))
    facts = [*evidence(callout, candidate, policy, now), events.withdrew(after, volunteer)]
    return left(place_freed(after, now), facts, policy, now)


def drop(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime, *, suspended: bool
) -> Decision | None:
    """Off duty: an open call is dropped, an accepted one given back; who is on scene finishes
    there.

    Suspended: they leave at once, wherever they are.
    """
    candidate = callout.candidate(volunteer)
    if candidate is None or callout.ended or candidate.state not in ("called", *COMING):
        return None
    if not suspended and candidate.state in COMING:
        return None if candidate.state == "on_scene" else withdraw(callout, volunteer, policy, now)
    reason: StandDownReason = "suspended" if suspended else "off_duty"
    after = callout.with_candidates(stood_down(candidate, reason, now))
    facts = [
        *work_of_leaving(callout, candidate, policy, now),
        *events.stood_down(after, [candidate], reason),
    ]
    freed = place_freed(after, now) if candidate.state in COMING else after
    return left(freed, facts, policy, now)


def stand_down(
    callout: Callout, reason: EndReason, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """The report ended otherwise, or there is danger: nobody is to go or to stay; time on scene is
    credited."""
    if callout.ended:
        return None
    leaving, why = callout.in_state("called", *COMING), _WHY[reason]
    # They may still be there: nothing tells that they left.
    silent = [c for c in callout.candidates if c.keeps_place] if reason == "danger" else []
    after = callout.with_candidates(*(stood_down(c, why, now) for c in leaving)).with_(
        state="stood_down", ended_at=now, ended_because=reason
    )
    facts: list[Event] = [
        events.callout_stood_down(after, reason),
        *(fact for c in leaving for fact in work_of_leaving(callout, c, policy, now)),
        *events.stood_down(after, [*leaving, *silent], why),
    ]
    return with_due(after, policy, now), facts


def left(callout: Callout, facts: list[Event], policy: DispatchPolicy, now: datetime) -> Decision:
    """After a volunteer left: ends the call-out if all who came are done, or tells the station
    where those who came never said how it ended."""
    coming = callout.in_state(*COMING)
    if callout.outcome is not None and not coming:
        spared = callout.in_state("called")
        after = callout.with_candidates(
            *(stood_down(c, "report_ended", now) for c in spared)
        ).with_(state="done", ended_at=now)
        facts += [events.done(after, callout.outcome)]
        facts += events.stood_down(after, spared, "report_ended")
        return with_due(after, policy, now), facts
    if not coming and any(c.keeps_place for c in callout.candidates):
        after, more = _left_without_outcome(callout, policy)
        return with_due(after, policy, now), [*facts, *more]
    return with_due(callout, policy, now), facts


def _left_without_outcome(callout: Callout, policy: DispatchPolicy) -> Decision:
    """The station finds out. No wave goes out of itself; whom it calls, or who becomes free, takes
    the places of those who left."""
    told = callout.state == "escalated" and callout.escalated_to == "station"
    left = (c.with_(keeps_place=False) for c in callout.candidates if c.keeps_place)
    after = callout.with_candidates(*left).with_(
        state="escalated",
        escalated_to="station",
        leaders_until=None,
        tries=policy.max_waves,
        again_at=None,
        free_at=None,
    )
    return after, [] if told else [events.escalated(after, "station", "too_few")]


def _coming(callout: Callout, volunteer: str, *already: CandidateState) -> Candidate | None:
    """The candidate, who has accepted; None if they are in one of the states `already`."""
    candidate = callout.candidate(volunteer)
    if candidate is None:
        raise Refusal("not_called")
    if candidate.state in already:
        return None
    if candidate.state not in COMING:
        raise Refusal("wrong_state", state=candidate.state)
    return candidate


def _under_way(callout: Callout) -> Callout:
    return callout.with_(state="under_way") if callout.state == "filled" else callout


def _signed(callout: Callout, candidate: Candidate, now: datetime, **changes: Any) -> Callout:
    """With their sign. The station knew of their silence, which is over: what comes later is new
    to it."""
    after = callout.with_candidates(candidate.with_(sign_at=now, overdue=None, **changes))
    return after if candidate.overdue is None else after.with_(station_told=False)


def _ended(candidate: Candidate, state: CandidateState, now: datetime) -> Candidate:
    at = max(now, candidate.arrived_at or now)
    return candidate.with_(state=state, ended_at=at, overdue=None)


def stood_down(candidate: Candidate, reason: StandDownReason, now: datetime) -> Candidate:
    return _ended(candidate, "stood_down", now).with_(why_stood_down=reason)


def missed(candidate: Candidate, now: datetime) -> Candidate:
    """They gave no sign to the end. Who came keeps the place: what they did there is not known."""
    lost = _ended(candidate, "missed", now).with_(why_stood_down="no_sign")
    return lost.with_(keeps_place=candidate.state == "on_scene")


def work_of_leaving(
    callout: Callout, candidate: Candidate, policy: DispatchPolicy, now: datetime
) -> list[Event]:
    """Work of who has not said themselves that they leave. Who was asked for a sign in vain may
    have left before: it ends at the limit, and an officer decides."""
    silent = candidate.state == "on_scene" and candidate.overdue is not None
    until = min(now, sign_due_at(candidate, policy)) if silent else now
    return evidence(callout, candidate, policy, until, capped=silent)


def evidence(
    callout: Callout,
    candidate: Candidate,
    policy: DispatchPolicy,
    until: datetime,
    *,
    capped: bool = False,
) -> list[Event]:
    """Work from arrival on, of who is on scene. The clock of the replica that recorded the arrival
    may be slightly ahead. `capped`: they never said that they are done, or so late that their place
    was to be free by then, had the steps before that not been late too: it ends at the limit."""
    since = candidate.arrived_at
    if candidate.state != "on_scene" or since is None:
        return []
    if not capped and given_up_at(candidate, policy) <= until:
        until, capped = sign_due_at(candidate, policy), True
    until = max(until, since)
    shown = candidate.place_shown
    return [
        events.finished(
            callout, candidate.volunteer, since, until, capped=capped, place_shown=shown
        )
    ]
