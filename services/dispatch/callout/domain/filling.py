"""Filling the places: waves, manual calls, answers, lapses, escalation. Each function gives the new
state and its facts, or None where nothing changes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.events.incidents import ReportRouted
from jinan.coordinates import Point
from services.dispatch.callout import events
from services.dispatch.callout.domain.next_step import look_once_more, with_due
from services.dispatch.callout.domain.state import COMING, Callout, Candidate, Decision, Wave
from services.dispatch.policy import DispatchPolicy
from services.dispatch.selection.domain.select import is_assumed
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
        asked=tuple(v for v in callout.asked if not callout.may_be_called(v)),
        places=callout.places_left,
        open=tuple(c.probability for c in callout.in_state("called")),
    )


def open_with(callout: Callout, found: Found, policy: DispatchPolicy, now: datetime) -> Decision:
    """A new call-out with its first wave."""
    after, facts = call_wave(callout, found, policy, now) or (callout, ())
    return after, [events.opened(callout), *facts]


def is_recorded(callout: Callout, found: Found) -> bool:
    """Whether the search is a wave, with its record. Who looks again and finds nobody leaves no
    trace: a call-out may wait for days."""
    return bool(found.selection.chosen) or not callout.waiting


def call_wave(
    callout: Callout,
    found: Found,
    policy: DispatchPolicy,
    now: datetime,
    *,
    recorded: bool = True,
    searched: Callout | None = None,
) -> Decision | None:
    """The next wave calls those who were found. If nobody was found it is the last one, unless the
    search is to be retried; whoever rests is looked at again afterwards.

    None if another change came first: the wave is not the next one any more, no place is left, or
    nobody was found and somebody became free meanwhile. `searched` is the call-out as it was when
    the search began, if it was stored then.
    """
    news = searched is not None and _calls_for_a_search(searched, callout)
    if not _is_next(callout, found) or is_recorded(callout, found) != recorded:
        return None
    if news and not found.selection.chosen:
        return None
    called = _candidates(callout, found, policy, now)
    if not recorded:
        again = (at for at in (found.retry_at, found.rested_at) if at is not None)
        return with_due(callout.with_(free_at=min(again, default=None)), policy, now), []
    without_anybody = callout.tries if found.retry_at else policy.max_waves
    squads = {*callout.squads, *found.squads_near}
    after = callout.with_calls(*called).with_(
        waves=(*callout.waves, _wave(found, policy, now)),
        tries=callout.tries + 1 if called else without_anybody,
        again_at=None if called else found.retry_at,
        free_at=callout.free_at if news and callout.free_at else found.rested_at,
        squads=tuple(sorted(squads)),
    )
    after = look_once_more(callout, with_due(after, policy, now), policy, now)
    return after, [events.wave_called(after, called)] if called else []


def _wave(found: Found, policy: DispatchPolicy, now: datetime) -> Wave:
    called, version = found.selection.chosen, policy.version
    return Wave(number=found.attempt, at=now, decision=found.id, policy=version, called=called)


def _is_next(callout: Callout, found: Found) -> bool:
    if callout.ended or callout.places_left == 0 or found.attempt != callout.wave + 1:
        return False
    return all(map(callout.may_be_called, found.selection.chosen))


def _calls_for_a_search(before: Callout, after: Callout) -> bool:
    """Somebody became free, or a place did: a search that began before does not know it."""
    return (before.free_at, before.freed_at) != (after.free_at, after.freed_at)


def look_again(
    callout: Callout, free: Collection[str], policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """These people near it became free: the next search is due at once where places are empty and
    one of them may be called. Also where a search is due: it may have looked already."""
    if not callout.waiting or callout.free_at == now:
        return None
    others = set(free).difference(callout.parties)
    if not any(map(callout.may_be_called, others)):
        return None
    return with_due(callout.with_(free_at=now), policy, now), []


def place_freed(callout: Callout, now: datetime) -> Callout:
    """Somebody who had accepted left: the place is offered again, also to those who were called
    before and may still come. A call-out that was filled is a new matter to leaders and station;
    one that was not has been told to them. Once there is an outcome no place is filled again."""
    if callout.outcome is not None:
        return callout
    after = callout.with_(tries=0, freed_at=now, free_at=None)
    if callout.state in ("filled", "under_way"):
        return after.with_(state="opened", escalated_to=None, leaders_until=None)
    return after


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
            assumed=is_assumed(people[volunteer], found.situation.at, policy),
            probability=probabilities[volunteer] or 0.0,
            called_at=now,
            expires_at=now + policy.time_to_answer(callout.urgency),
        )
        for volunteer in found.selection.chosen
    ]


def call_manually(
    callout: Callout, called: Sequence[Candidate], policy: DispatchPolicy, now: datetime
) -> Decision | None:
    """A leader or officer calls these, independent of waves. Of those called before, only who never
    said no can be called again."""
    if callout.ended:
        raise Refusal("wrong_state", state=callout.state)
    if callout.places_left == 0:
        raise Refusal("enough_people")
    known = [callout.candidate(c.volunteer) for c in called]
    if any(one is not None and not one.may_still_come for one in known):
        raise Refusal("asked_before")
    after = callout.with_calls(*called)
    squads = {*after.squads, *(c.squad for c in called if c.squad is not None)}
    after = after.with_(squads=tuple(sorted(squads)))
    return with_due(after, policy, now), [events.wave_called(after, called)]


def accept(
    callout: Callout, volunteer: str, policy: DispatchPolicy, now: datetime, *, on_duty: bool
) -> Decision | None:
    """First come, first served, and exact. A late yes takes a place that is empty. None for who has
    a place already."""
    candidate = _asked(callout, volunteer)
    if candidate.state in COMING or candidate.state == "done":
        return None
    if callout.ended and callout.state != "done":
        raise Refusal("wrong_state", state=callout.state)
    if callout.places_left == 0 or callout.ended:
        raise Refusal("enough_people")
    if candidate.state != "called" and not candidate.may_still_come:
        raise Refusal("wrong_state", state=candidate.state)
    late = candidate.may_still_come or candidate.expires_at <= now
    if late and callout.outcome is not None:
        raise Refusal("call_lapsed")
    if not on_duty:
        raise Refusal("off_duty")
    taken = candidate.with_(state="accepted", accepted_at=now, ended_at=None, why_stood_down=None)
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
    after = callout.with_candidates(*spared).with_(
        state="under_way" if under_way else "filled", station_told=False
    )
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
    """To the leaders of squads of which somebody could have come. To the station when their time is
    over, or at once when there are none. Each is told once, however the count changes; a leader who
    is party to the matter is not."""
    if callout.ended or callout.places_left == 0 or callout.escalated_to == "station":
        return None
    leaders = [leader for leader in leaders if leader not in callout.parties]
    facts: list[Event] = []
    why = _why(callout)
    after = callout.with_(state="escalated")
    if callout.escalated_to is None and leaders:
        until = now + timedelta(seconds=policy.leader_s)
        after = after.with_(escalated_to="leader", leaders=tuple(leaders), leaders_until=until)
        facts.append(events.escalated(after, "leader", why))
    if to_station or not leaders:
        after = after.with_(escalated_to="station")
        facts += [] if callout.station_told else [events.escalated(after, "station", why)]
    return with_due(after, policy, now), facts


def _why(callout: Callout) -> events.Why:
    if not callout.candidates and not callout.squads:
        return "nobody_on_duty"
    return "too_few" if callout.in_state("called", *COMING) else "nobody_answered"


def _asked(callout: Callout, volunteer: str) -> Candidate:
    candidate = callout.candidate(volunteer)
    if candidate is None:
        raise Refusal("not_called")
    return candidate
