"""From an acceptance to the end: on the way, on scene, done; or withdrawn, dropped, stood down.
Pure."""

from datetime import datetime

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.vocabulary import Outcome
from services.dispatch.callout import events
from services.dispatch.callout.state import (
    COMING,
    Callout,
    Candidate,
    CandidateState,
    Decision,
    StandDownReason,
    replaced,
    with_due,
)
from services.dispatch.policy import Policy


def set_out(callout: Callout, volunteer: str) -> Decision | None:
    candidate = _coming(callout, volunteer, "on_the_way", "on_scene", "done")
    if candidate is None:
        return None
    after = _under_way(replaced(callout, candidate.model_copy(update={"state": "on_the_way"})))
    return after, [events.on_the_way(after, volunteer)]


def arrive(callout: Callout, volunteer: str, now: datetime) -> Decision | None:
    """From here on the time counts."""
    candidate = _coming(callout, volunteer, "on_scene", "done")
    if candidate is None:
        return None
    after = _under_way(
        replaced(callout, candidate.model_copy(update={"state": "on_scene", "arrived_at": now}))
    )
    return after, [events.arrived(after, volunteer)]


def finish(
    callout: Callout, volunteer: str, outcome: Outcome, policy: Policy, now: datetime
) -> Decision | None:
    """Their part is done; the first outcome said is the call-out's, and the last one done ends
    it."""
    candidate = _coming(callout, volunteer, "done")
    if candidate is None:
        return None
    if candidate.state != "on_scene":
        raise Refusal("wrong_state", state=candidate.state)
    after = replaced(callout, _ended(candidate, "done", now)).model_copy(
        update={"outcome": callout.outcome or outcome}
    )
    return _left(after, [*_evidence(callout, candidate, now)], policy, now)


def withdraw(callout: Callout, volunteer: str, policy: Policy, now: datetime) -> Decision | None:
    """Cannot come, or cannot stay: the place is filled again. Time on scene until now is theirs."""
    candidate = _coming(callout, volunteer, "withdrew")
    if candidate is None:
        return None
    after = replaced(callout, _ended(candidate, "withdrew", now))
    facts = [*_evidence(callout, candidate, now), events.withdrew(after, volunteer)]
    return _left(after, facts, policy, now)


def drop(
    callout: Callout, volunteer: str, policy: Policy, now: datetime, *, suspended: bool
) -> Decision | None:
    """Off duty: an open call is dropped, an accepted one given back; who is on scene finishes
    there.

    Suspended: they leave whatever they are at.
    """
    candidate = callout.candidate(volunteer)
    if candidate is None or callout.ended or candidate.state not in ("called", *COMING):
        return None
    if not suspended and candidate.state in COMING:
        return None if candidate.state == "on_scene" else withdraw(callout, volunteer, policy, now)
    reason: StandDownReason = "suspended" if suspended else "off_duty"
    after = replaced(callout, _stood_down(candidate, reason, now))
    fact = events.volunteer_stood_down(after, volunteer, reason)
    return _left(after, [*_evidence(callout, candidate, now), fact], policy, now)


def stand_down(
    callout: Callout, reason: events.EndReason, policy: Policy, now: datetime
) -> Decision | None:
    """The report ended otherwise: nobody needs to go, and who is there has their time credited."""
    if callout.ended:
        return None
    leaving = callout.in_state("called", *COMING)
    after = replaced(callout, *(_stood_down(c, "report_ended", now) for c in leaving)).model_copy(
        update={"state": "stood_down", "ended_at": now}
    )
    facts: list[Event] = [events.callout_stood_down(after, reason)]
    for candidate in leaving:
        facts += [
            *_evidence(callout, candidate, now),
            events.volunteer_stood_down(after, candidate.volunteer, "report_ended"),
        ]
    return with_due(after, policy, now), facts


def _left(callout: Callout, facts: list[Event], policy: Policy, now: datetime) -> Decision:
    """After somebody left: the end if everyone who came is done, else the place is filled again."""
    if callout.outcome is not None and not callout.in_state(*COMING):
        spared = callout.in_state("called")
        after = replaced(
            callout, *(_stood_down(c, "report_ended", now) for c in spared)
        ).model_copy(update={"state": "done", "ended_at": now})
        facts += [events.done(after, callout.outcome)]
        facts += [events.volunteer_stood_down(after, c.volunteer, "report_ended") for c in spared]
        return with_due(after, policy, now), facts
    if callout.outcome is None and callout.places_left and callout.state in ("filled", "under_way"):
        again = {"state": "opened", "tries": 0, "escalated_to": None, "leaders_until": None}
        callout = callout.model_copy(update=again)
    return with_due(callout, policy, now), facts


def _coming(callout: Callout, volunteer: str, *already: CandidateState) -> Candidate | None:
    """The candidate, who has accepted; None if they are `already` as far as is asked."""
    candidate = callout.candidate(volunteer)
    if candidate is None:
        raise Refusal("not_called")
    if candidate.state in already:
        return None
    if candidate.state not in COMING:
        raise Refusal("wrong_state", state=candidate.state)
    return candidate


def _under_way(callout: Callout) -> Callout:
    return (
        callout.model_copy(update={"state": "under_way"}) if callout.state == "filled" else callout
    )


def _ended(candidate: Candidate, state: CandidateState, now: datetime) -> Candidate:
    return candidate.model_copy(
        update={"state": state, "ended_at": max(now, candidate.arrived_at or now)}
    )


def _stood_down(candidate: Candidate, reason: StandDownReason, now: datetime) -> Candidate:
    return _ended(candidate, "stood_down", now).model_copy(update={"why_stood_down": reason})


def _evidence(callout: Callout, candidate: Candidate, now: datetime) -> list[Event]:
    """Work from arrival until now, of who is on scene. The replica that took down the arrival may
    be a moment ahead."""
    if candidate.state != "on_scene" or candidate.arrived_at is None:
        return []
    return [
        events.finished(
            callout, candidate.volunteer, candidate.arrived_at, max(now, candidate.arrived_at)
        )
    ]
