"""Filling the places: calls, answers, lapses, escalation. Pure: each gives the new state and its
facts, or None."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.events.incidents import ReportRouted
from services.dispatch.callout import events
from services.dispatch.callout.state import (
    COMING,
    Callout,
    Candidate,
    Decision,
    Wave,
    replaced,
    with_due,
)
from services.dispatch.policy import Policy


def opened(id: str, event: ReportRouted, policy: Policy, now: datetime) -> Callout:
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
        people_needed=policy.places(event.category, event.people_needed, now),
        longitude=event.longitude,
        latitude=event.latitude,
        opened_at=now,
    )
    return with_due(callout, policy, now)


def call_wave(
    callout: Callout,
    wave: Wave,
    called: Sequence[Candidate],
    policy: Policy,
    now: datetime,
    again_at: datetime | None = None,
) -> Decision | None:
    """The next wave goes out to those who were claimed for it. Without anybody there is no further
    wave to try, unless it is known by `again_at` where those on duty are.

    None if another change came first: the wave is not the next one any more, or no place is left.
    """
    if callout.ended or callout.places_left == 0 or wave.number != callout.wave + 1:
        return None
    if any(callout.candidate(c.volunteer) is not None for c in called):
        return None
    tries = callout.tries if again_at else policy.waves
    after = replaced(callout, *called).model_copy(
        update={
            "waves": (*callout.waves, wave),
            "tries": callout.tries + 1 if called else tries,
            "again_at": None if called else again_at,
        }
    )
    return with_due(after, policy, now), [events.called(after, c) for c in called]


def call_by_hand(
    callout: Callout, called: Sequence[Candidate], policy: Policy, now: datetime
) -> Decision | None:
    """A leader or officer asks these, whatever the waves did. Who let a call lapse can be asked
    again, nobody else."""
    if callout.ended:
        raise Refusal("wrong_state", state=callout.state)
    if callout.places_left == 0:
        raise Refusal("enough_people")
    asked = {c.volunteer: c.state for c in callout.candidates}
    if any(asked.get(c.volunteer, "timed_out") != "timed_out" for c in called):
        raise Refusal("asked_before")
    after = replaced(callout, *called)
    return with_due(after, policy, now), [events.called(after, c) for c in called]


def accept(callout: Callout, volunteer: str, policy: Policy, now: datetime) -> Decision | None:
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
    taken = candidate.model_copy(update={"state": "accepted", "accepted_at": now})
    after = replaced(callout, taken)
    facts: list[Event] = [events.accepted(after, taken)]
    if after.places_left == 0:
        after, more = _filled(after, now)
        facts += more
    return with_due(after, policy, now), facts


def _filled(callout: Callout, now: datetime) -> Decision:
    """The rest are stood down: enough people, thank you."""
    thanked = {"state": "stood_down", "ended_at": now, "why_stood_down": "enough"}
    spared = [c.model_copy(update=thanked) for c in callout.in_state("called")]
    under_way = bool(callout.in_state("on_the_way", "on_scene"))
    after = replaced(callout, *spared).model_copy(
        update={"state": "under_way" if under_way else "filled"}
    )
    return after, [
        events.filled(after),
        *(events.volunteer_stood_down(after, c.volunteer, "enough") for c in spared),
    ]


def decline(callout: Callout, volunteer: str, policy: Policy, now: datetime) -> Decision | None:
    candidate = _asked(callout, volunteer)
    if candidate.state in ("declined", "timed_out", "stood_down"):
        return None
    if candidate.state != "called":
        raise Refusal("wrong_state", state=candidate.state)
    after = replaced(callout, candidate.model_copy(update={"state": "declined", "ended_at": now}))
    return with_due(after, policy, now), [events.declined(after, volunteer)]


def lapse(callout: Callout, policy: Policy, now: datetime) -> Decision | None:
    """Calls whose time is over."""
    late = [
        c.model_copy(update={"state": "timed_out", "ended_at": now})
        for c in callout.in_state("called")
        if c.expires_at <= now
    ]
    if not late:
        return None
    after = replaced(callout, *late)
    return with_due(after, policy, now), [events.timed_out(after, c.volunteer) for c in late]


def escalate(
    callout: Callout, leaders: Sequence[str], policy: Policy, now: datetime, *, to_station: bool
) -> Decision | None:
    """First to the squad leaders; to the station when they had their time, when there are none, or
    when there was nobody to call at all: then nobody waits."""
    if callout.ended or callout.places_left == 0 or callout.escalated_to == "station":
        return None
    facts: list[Event] = []
    why = _why(callout)
    after = callout.model_copy(update={"state": "escalated"})
    if callout.escalated_to is None and leaders:
        until = now + timedelta(seconds=policy.leader_s)
        after = after.model_copy(
            update={"escalated_to": "leader", "leaders": tuple(leaders), "leaders_until": until}
        )
        facts.append(events.escalated(after, "leader", why))
    if to_station or not leaders or why == "nobody_on_duty":
        after = after.model_copy(update={"escalated_to": "station"})
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
