"""Who is called: a pure function of the recorded situation and the policy.

Of those who can be called, within the smallest ring that suffices, the smallest team is taken whose
best make-up (the soonest expected first response) gives enough acceptances with the policy's
probability. Where all are as likely to accept, that is the order of minutes on foot.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from services.dispatch.callout.chance import Option, acceptance, at_least, best_teams
from services.dispatch.callout.situation import Choice, Person, Reason, Situation, Verdict
from services.dispatch.policy import LOCAL, Policy

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def choose(situation: Situation, policy: Policy) -> Choice:
    refused: dict[str, Reason | None] = {
        person.volunteer: refusal(person, situation, policy) for person in situation.people
    }
    able = sorted(
        (person for person in situation.people if refused[person.volunteer] is None),
        key=lambda p: (minutes(p, situation, policy), p.last_called_at or _NEVER, p.volunteer),
    )
    options = {
        p.volunteer: Option(p.volunteer, minutes(p, situation, policy), _chance(p, policy))
        for p in able
    }
    ring, team, enough = policy.rings_m[-1], (), at_least(situation.places, situation.open)
    for ring in policy.rings_m:
        team, enough = _wave(
            [options[p.volunteer] for p in able if p.distance_m <= ring], situation, policy
        )
        if enough >= policy.enough:
            break
    chosen = tuple(option.volunteer for option in team)
    verdicts = tuple(
        _verdict(p, refused[p.volunteer], options, chosen, ring, situation)
        for p in situation.people
    )
    return Choice(
        policy=policy.version, ring_m=ring, chosen=chosen, enough=enough, verdicts=verdicts
    )


def refusal(person: Person, situation: Situation, policy: Policy) -> Reason | None:
    """Why a person cannot be called at all; None for who can."""
    now = situation.at
    checks: tuple[tuple[bool, Reason], ...] = (
        (person.asked_before, "asked_before"),
        (person.volunteer in situation.parties, "party"),
        (not person.approved, "not_approved"),
        (not person.on_duty, "off_duty"),
        (person.engaged, "engaged"),
        (not _is_fresh(person.seen_at, now, policy), "stale_position"),
        (person.distance_m > policy.rings_m[-1], "too_far"),
        (_rests(person.served_until, now, policy), "resting"),
        (person.accepted_today >= policy.most_a_day, "called_enough"),
        *_by_age(person.birth_year, now, policy),
    )
    return next((reason for applies, reason in checks if applies), None)


def barred(
    volunteer: str, birth_year: int, parties: Sequence[str], now: datetime, policy: Policy
) -> Reason | None:
    """Why nobody may call a person to this matter, not even by hand; None where one may."""
    checks: tuple[tuple[bool, Reason], ...] = (
        (volunteer in parties, "party"),
        *_by_age(birth_year, now, policy),
    )
    return next((reason for applies, reason in checks if applies), None)


def _by_age(birth_year: int, now: datetime, policy: Policy) -> tuple[tuple[bool, Reason], ...]:
    """Only the year of birth is known: they may have their birthday still before them, or behind
    them."""
    age = now.astimezone(LOCAL).year - birth_year
    return (
        (age - 1 < policy.adult, "under_age"),
        (age >= policy.elder and policy.is_night(now), "elder_at_night"),
    )


def minutes(person: Person, situation: Situation, policy: Policy) -> float:
    """Minutes on foot, less for the skills asked for, more for who was called much this week."""
    walk = person.distance_m * policy.detour / policy.walk_m_per_s / 60
    bonus = policy.skill_bonus_min * len(set(person.skills) & set(situation.skills))
    return (
        walk - bonus + policy.week_malus_min * min(person.called_this_week, policy.week_malus_calls)
    )


def _chance(person: Person, policy: Policy) -> float:
    return acceptance(person.tally, policy)


def _wave(
    options: Sequence[Option], situation: Situation, policy: Policy
) -> tuple[tuple[Option, ...], float]:
    """The smallest of the best teams that suffices; if none does, the largest."""
    most = min(policy.most_a_wave, len(options))
    team: tuple[Option, ...] = ()
    enough = at_least(situation.places, situation.open)
    for team in best_teams(options, most, policy.nobody_min):
        enough = at_least(
            situation.places, (*situation.open, *(option.probability for option in team))
        )
        if enough >= policy.enough:
            break
    return team, enough


def _verdict(
    person: Person,
    refused: Reason | None,
    options: Mapping[str, Option],
    chosen: Sequence[str],
    ring: int,
    situation: Situation,
) -> Verdict:
    if refused is not None:
        return Verdict(volunteer=person.volunteer, reason=refused)
    option = options[person.volunteer]
    reason: Reason = "others_first"
    if person.volunteer in chosen:
        reason = "called"
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


def _is_fresh(seen_at: datetime | None, now: datetime, policy: Policy) -> bool:
    return seen_at is not None and seen_at > now - timedelta(seconds=policy.fresh_s)


def _rests(served_until: datetime | None, now: datetime, policy: Policy) -> bool:
    return served_until is not None and served_until > now - timedelta(seconds=policy.rest_s)
