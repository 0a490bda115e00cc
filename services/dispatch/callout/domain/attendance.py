"""From an acceptance to the end: on the way, on scene, done; or withdrawn, dropped, stood down.
Each function gives the new state and its facts, or None where nothing changes."""

from datetime import datetime

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.vocabulary import Outcome
from services.dispatch.callout import events
from services.dispatch.callout.domain.filling import place_freed
from services.dispatch.callout.domain.next_step import with_due
from services.dispatch.callout.domain.state import (
    COMING,
    Callout,
    Candidate,
    CandidateState,
    Decision,
    StandDownReason,
)
from services.dispatch.policy import DispatchPolicy


def set_out(callout: Callout, volunteer: str) -> Decision | None:
    candidate = _coming(callout, volunteer, "on_the_way", "on_scene", "done")
    if candidate is None:
        return None
    after = _under_way(callout.with_candidates(candidate.with_(state="on_the_way")))
    return after, [events.on_the_way(after, volunteer)]


def arrive(callout: Callout, volunteer: str, now: datetime) -> Decision | None:
    """Hours count from here."""
    candidate = _coming(callout, volunteer, "on_scene", "done")
    if candidate is None:
        return None
    after = _under_way(callout.with_candidates(candidate.with_(state="on_scene", arrived_at=now)))
    return after, [events.arrived(after, volunteer)]


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
    return _left(after, [*_evidence(callout, candidate, now)], policy, now)


def withdraw(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """They cannot come or stay: the place is filled again. Time on scene is credited."""
    candidate = _coming(callout, volunteer, "withdrew")
    if candidate is None:
        return None
    after = callout.with_candidates(_ended(candidate, "withdrew", now))
    facts = [*_evidence(callout, candidate, now), events.withdrew(after, volunteer)]
    return _left(place_freed(after, now), facts, policy, now)


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
    after = callout.with_candidates(_stood_down(candidate, reason, now))
    facts = [*_evidence(callout, candidate, now), *events.stood_down(after, [candidate], reason)]
    freed = place_freed(after, now) if candidate.state in COMING else after
    return _left(freed, facts, policy, now)


def stand_down(
    callout: Callout, reason: events.EndReason, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """The report ended otherwise: nobody needs to go; time on scene is credited."""
    if callout.ended:
        return None
    leaving = callout.in_state("called", *COMING)
    after = callout.with_candidates(*(_stood_down(c, "report_ended", now) for c in leaving)).with_(
        state="stood_down", ended_at=now
    )
    evidence = (fact for candidate in leaving for fact in _evidence(callout, candidate, now))
    facts: list[Event] = [
        events.callout_stood_down(after, reason),
        *evidence,
        *events.stood_down(after, leaving, "report_ended"),
    ]
    return with_due(after, policy, now), facts


def _left(callout: Callout, facts: list[Event], policy: DispatchPolicy, now: datetime) -> Decision:
    """After a volunteer left: ends the call-out if all who came are done."""
    if callout.outcome is not None and not callout.in_state(*COMING):
        spared = callout.in_state("called")
        after = callout.with_candidates(
            *(_stood_down(c, "report_ended", now) for c in spared)
        ).with_(state="done", ended_at=now)
        facts += [events.done(after, callout.outcome)]
        facts += events.stood_down(after, spared, "report_ended")
        return with_due(after, policy, now), facts
    return with_due(callout, policy, now), facts


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


def _ended(candidate: Candidate, state: CandidateState, now: datetime) -> Candidate:
    return candidate.with_(state=state, ended_at=max(now, candidate.arrived_at or now))


def _stood_down(candidate: Candidate, reason: StandDownReason, now: datetime) -> Candidate:
    return _ended(candidate, "stood_down", now).with_(why_stood_down=reason)


def _evidence(callout: Callout, candidate: Candidate, now: datetime) -> list[Event]:
    """Work from arrival until now, of who is on scene. The clock of the replica that recorded the
    arrival may be slightly ahead."""
    if candidate.state != "on_scene" or candidate.arrived_at is None:
        return []
    return [
        events.finished(
            callout, candidate.volunteer, candidate.arrived_at, max(now, candidate.arrived_at)
        )
    ]
