"""Filling the places: waves, manual calls, answers, lapses, escalation. Each function gives the new
state and its facts, or None where nothing changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.events.incidents import ReportRouted
from jinan.coordinates import Point
from services.dispatch.callout import events
from services.dispatch.callout.domain.next_step import with_due
from services.dispatch.callout.domain.state import COMING, Callout, Candidate, Decision, Wave
from services.dispatch.policy import DispatchPolicy
from services.dispatch.selection.domain.situation import Found, Need


def opened(
    id: str, event: ReportRouted, policy: DispatchPolicy, now: datetime, trace: str = ""
) -> Callout:
    """A call-out for a report that was routed to volunteers; the reporter is party to the
    matter."""
    parties = {*event.parties, *([event.reporter] if event.reporter else [])}
    callout = Callout(
        id=id,
        report=event.report,
        round=event.round,
        station=event.station,
        area=event.area,
        category=event.category,
        urgency=event.urgency,
        skills=event.skills,
        parties=tuple(sorted(parties)),
        reporter=event.reporter,
        people_needed=policy.places(event.category, event.people_needed, now),
        longitude=event.longitude,
        latitude=event.latitude,
        opened_at=now,
        trace=trace,
    )
    return with_due(callout, policy, now)


def need(callout: Callout) -> Need:
    """What the next wave searches for."""
    return Need(
        id=callout.id,
        attempt=callout.wave + 1,
        category=callout.category,
        urgency=callout.urgency,
        skills=callout.skills,
        station=callout.station,
        place=Point(callout.longitude, callout.latitude),
        parties=callout.parties,
        asked=callout.asked,
        places=callout.places_left,
        open=tuple(c.probability for c in callout.in_state("called")),
    )


def open_with(callout: Callout, found: Found, policy: DispatchPolicy, now: datetime) -> Decision:
    """A new call-out with its first wave."""
    after, facts = call_wave(callout, found, policy, now) or (callout, ())
    return after, [events.opened(callout), *facts]


def call_wave(
    callout: Callout, found: Found, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """The next wave calls those who were found. If nobody was found it is the last one, unless the
    search is to be retried.

    None if another change came first: the wave is not the next one any more, or no place is left.
    """
    if callout.ended or callout.places_left == 0 or found.attempt != callout.wave + 1:
        return None
    if any(callout.candidate(volunteer) is not None for volunteer in found.selection.chosen):
        return None
    called = _candidates(callout, found, policy, now)
    wave = Wave(
        number=found.attempt,
        at=now,
        decision=found.id,
        policy=policy.version,
        called=found.selection.chosen,
    )
    without_anybody = callout.tries if found.retry_at else policy.max_waves
    after = callout.with_candidates(*called).with_(
        waves=(*callout.waves, wave),
        tries=callout.tries + 1 if called else without_anybody,
        again_at=None if called else found.retry_at,
    )
    return with_due(after, policy, now), [events.wave_called(after, called)] if called else []


def _candidates(
    callout: Callout, found: Found, policy: DispatchPolicy, now: datetime
) -> list[Candidate]:
    people = {person.volunteer: person for person in found.situation.people}
    probabilities = {v.volunteer: v.probability for v in found.selection.verdicts}
    return [
        Candidate(
            volunteer=volunteer,
            squad=people[volunteer].squad,
            wave=found.attempt,
            distance_m=people[volunteer].distance_m,
            probability=probabilities[volunteer] or 0.0,
            called_at=now,
            expires_at=now + policy.time_to_answer(callout.urgency),
        )
        for volunteer in found.selection.chosen
    ]


def call_manually(
    callout: Callout, called: Sequence[Candidate], policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """A leader or officer calls these, independent of waves. Of those called before, only who let
    the call lapse can be called again."""
    if callout.ended:
        raise Refusal("wrong_state", state=callout.state)
    if callout.places_left == 0:
        raise Refusal("enough_people")
    states = {c.volunteer: c.state for c in callout.candidates}
    if any(states.get(c.volunteer, "timed_out") != "timed_out" for c in called):
        raise Refusal("asked_before")
    after = callout.with_candidates(*called)
    return with_due(after, policy, now), [events.wave_called(after, called)]


def accept(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime, *, on_duty: bool
) -> Decision | None:
    """First come, first served, and exact. None for who has a place already."""
    candidate = _asked(callout, volunteer)
    if candidate.state in COMING or candidate.state == "done":
        return None
    if callout.ended and callout.state != "done":
        raise Refusal("wrong_state", state=callout.state)
    if candidate.state == "stood_down" or callout.places_left == 0 or callout.ended:
        raise Refusal("enough_people")
    if candidate.state == "timed_out" or (
        candidate.state == "called" and candidate.expires_at <= now
    ):
        raise Refusal("call_lapsed")
    if candidate.state != "called":
        raise Refusal("wrong_state", state=candidate.state)
    if not on_duty:
        raise Refusal("off_duty")
    taken = candidate.with_(state="accepted", accepted_at=now)
    after = callout.with_candidates(taken)
    facts: list[Event] = [events.accepted(after, taken)]
    if after.places_left == 0:
        after, more = _filled(after, now)
        facts += more
    return with_due(after, policy, now), facts


def _filled(callout: Callout, now: datetime) -> Decision:
    """Those who have not answered are stood down."""
    unanswered = callout.in_state("called")
    spared = (
        c.with_(state="stood_down", ended_at=now, why_stood_down="enough") for c in unanswered
    )
    under_way = bool(callout.in_state("on_the_way", "on_scene"))
    after = callout.with_candidates(*spared).with_(state="under_way" if under_way else "filled")
    return after, [events.filled(after), *events.stood_down(after, unanswered, "enough")]


def decline(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime
) -> Decision | None:
    candidate = _asked(callout, volunteer)
    if candidate.state in ("declined", "timed_out", "stood_down"):
        return None
    if candidate.state != "called":
        raise Refusal("wrong_state", state=candidate.state)
    after = callout.with_candidates(candidate.with_(state="declined", ended_at=now))
    return with_due(after, policy, now), [events.declined(after, volunteer)]


def lapse(callout: Callout, policy: DispatchPolicy, now: datetime) -> Decision | None:
    """Calls whose time to answer is over."""
    late = [
        c.with_(state="timed_out", ended_at=now)
        for c in callout.in_state("called")
        if c.expires_at <= now
    ]
    if not late:
        return None
    after = callout.with_candidates(*late)
    return with_due(after, policy, now), [events.wave_lapsed(after, [c.volunteer for c in late])]


def escalate(
    callout: Callout,
    leaders: Sequence[str],
    policy: DispatchPolicy,
    now: datetime,
    *,
    to_station: bool,
) -> Decision | None:
    """To the squad leaders first. To the station when their time is over, when there are none, or
    at once when nobody could be called."""
    if callout.ended or callout.places_left == 0 or callout.escalated_to == "station":
        return None
    facts: list[Event] = []
    why = _why(callout)
    after = callout.with_(state="escalated")
    if callout.escalated_to is None and leaders:
        until = now + timedelta(seconds=policy.leader_s)
        after = after.with_(escalated_to="leader", leaders=tuple(leaders), leaders_until=until)
        facts.append(events.escalated(after, "leader", why))
    if to_station or not leaders or why == "nobody_on_duty":
        after = after.with_(escalated_to="station")
        facts.append(events.escalated(after, "station", why))
    return with_due(after, policy, now), facts


def _why(callout: Callout) -> events.Why:
    if not callout.candidates:
        return "nobody_on_duty"
    return "too_few" if callout.in_state("called", *COMING) else "nobody_answered"


def _asked(callout: Callout, volunteer: str) -> Candidate:
    candidate = callout.candidate(volunteer)
    if candidate is None:
        raise Refusal("not_called")
    return candidate
