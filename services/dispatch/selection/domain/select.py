"""Who is called: a pure function of the recorded situation and the policy.

For each team size, the best team is the one with the soonest expected first response. The smallest
best team is chosen that gives enough acceptances with the policy's probability, from the smallest
ring that has one. Where all are equally likely to accept, that is the order of minutes on foot.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from jinan.local_time import local_date, minutes_on_foot
from services.dispatch.policy import DispatchPolicy
from services.dispatch.selection.domain.situation import (
    Person,
    Reason,
    Selection,
    Situation,
    Verdict,
)
from services.dispatch.selection.domain.team import Option, acceptance, at_least, smallest_team

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_COULD_COME: frozenset[Reason] = frozenset({"asked_before", "engaged", "resting", "called_enough"})


def select(situation: Situation, policy: DispatchPolicy) -> Selection:
    refused: dict[str, Reason | None] = {
        p.volunteer: ineligible(p, situation, policy) for p in situation.people
    }
    eligible = [p for p in situation.people if refused[p.volunteer] is None]
    options = {
        p.volunteer: Option(p.volunteer, minutes(p, situation, policy), acceptance(p.tally, policy))
        for p in eligible
    }
    eligible.sort(
        key=lambda p: (options[p.volunteer].minutes, p.last_called_at or _NEVER, p.volunteer)
    )
    ring, team, enough = policy.rings_m[-1], (), at_least(situation.places, situation.open)
    for ring in policy.rings_m:
        team, enough = smallest_team(
            [options[p.volunteer] for p in eligible if p.distance_m <= ring],
            situation.places,
            situation.open,
            policy.enough,
            policy.max_per_wave,
            policy.nobody_min,
        )
        if enough >= policy.enough:
            break
    chosen = tuple(option.volunteer for option in team)
    verdicts = tuple(
        _verdict(p, refused[p.volunteer], options, chosen, ring, situation, policy)
        for p in situation.people
    )
    return Selection(
        policy=policy.version, ring_m=ring, chosen=chosen, enough=enough, verdicts=verdicts
    )


def ineligible(person: Person, situation: Situation, policy: DispatchPolicy) -> Reason | None:
    """Why a person cannot be called at all; None if they can. The first reason counts."""
    return (
        _unavailable(person, situation)
        or _too_far_or_stale(person, situation.at, policy)
        or _has_done_enough(person, situation.at, policy)
        or _by_age(person.birth_year, situation.at, policy)
    )


def _unavailable(person: Person, situation: Situation) -> Reason | None:
    if person.asked_before:
        return "asked_before"
    if person.volunteer in situation.parties:
        return "party"
    if not person.approved:
        return "not_approved"
    if not person.on_duty:
        return "off_duty"
    return "engaged" if person.engaged else None


def _too_far_or_stale(person: Person, now: datetime, policy: DispatchPolicy) -> Reason | None:
    if not _is_within(person.seen_at, policy.assumed_s, now):
        return "stale_position"
    return "too_far" if person.distance_m > policy.rings_m[-1] else None


def _has_done_enough(person: Person, now: datetime, policy: DispatchPolicy) -> Reason | None:
    if _is_within(person.served_until, policy.rest_s, now):
        return "resting"
    return "called_enough" if person.accepted_today >= policy.max_accepted_per_day else None


def barred(
    volunteer: str, birth_year: int, parties: Sequence[str], now: datetime, policy: DispatchPolicy
) -> Reason | None:
    """Why not even a leader or an officer may call a person to this matter; None where they may."""
    return "party" if volunteer in parties else _by_age(birth_year, now, policy)


def _by_age(birth_year: int, now: datetime, policy: DispatchPolicy) -> Reason | None:
    """Only the year of birth is known: this year's birthday may be over or still to come, and the
    stricter age counts."""
    age = local_date(now).year - birth_year
    if age - 1 < policy.adult_age:
        return "under_age"
    return "elder_at_night" if age >= policy.elder_age and policy.is_night(now) else None


def is_assumed(person: Person, now: datetime, policy: DispatchPolicy) -> bool:
    """Silent for a while: a phone in a pocket sends nothing, so they are taken to be where they
    were last."""
    return not _is_within(person.seen_at, policy.fresh_s, now)


def rested_at(
    situation: Situation, selection: Selection, policy: DispatchPolicy
) -> datetime | None:
    """When the first of those who rest now can be called."""
    ends = (
        person.served_until + timedelta(seconds=policy.rest_s)
        for person, verdict in zip(situation.people, selection.verdicts, strict=True)
        if verdict.reason == "resting" and person.served_until is not None
    )
    return min(ends, default=None)


def squads_near(
    situation: Situation, selection: Selection, policy: DispatchPolicy
) -> tuple[str, ...]:
    """Those of which somebody could have come, be it after a leader's own call: they are near, on
    duty and may be called at all."""
    near = (
        person.squad
        for person, verdict in zip(situation.people, selection.verdicts, strict=True)
        if verdict.score is not None
        or (
            verdict.reason in _COULD_COME
            and _too_far_or_stale(person, situation.at, policy) is None
        )
    )
    return tuple(sorted({squad for squad in near if squad is not None}))


def minutes(person: Person, situation: Situation, policy: DispatchPolicy) -> float:
    """Minutes on foot, less for the skills asked for, more for who was called much this week, and
    for whose place is assumed."""
    walk = minutes_on_foot(person.distance_m, policy.walk_m_per_s, policy.detour)
    bonus = policy.skill_bonus_min * len(set(person.skills) & set(situation.skills))
    calls = min(person.called_this_week, policy.week_malus_max_calls)
    late = policy.assumed_min if is_assumed(person, situation.at, policy) else 0.0
    return walk - bonus + policy.week_malus_min * calls + late


def _verdict(
    person: Person,
    refused: Reason | None,
    options: Mapping[str, Option],
    chosen: Sequence[str],
    ring: int,
    situation: Situation,
    policy: DispatchPolicy,
) -> Verdict:
    if refused is not None:
        return Verdict(volunteer=person.volunteer, reason=refused)
    option = options[person.volunteer]
    reason: Reason = "others_first"
    if person.volunteer in chosen:
        reason = "place_assumed" if is_assumed(person, situation.at, policy) else "called"
    elif person.distance_m > ring:
        reason = "too_far"
    elif situation.skills and not set(person.skills) & set(situation.skills):
        reason = "no_skill"
    return Verdict(
        volunteer=person.volunteer,
        reason=reason,
        score=option.minutes,
        probability=option.probability,
    )


def _is_within(at: datetime | None, seconds: int, now: datetime) -> bool:
    """Whether it was less than so many seconds ago."""
    return at is not None and at > now - timedelta(seconds=seconds)
