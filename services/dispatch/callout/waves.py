"""A look around: who is near, whom to call, and their claims. Records what it decided on."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.mongo.store import new_id
from jinan.coordinates import Point, distance_m
from services.dispatch.callout.choice import choose
from services.dispatch.callout.situation import Choice, Person, Situation, Tally
from services.dispatch.callout.state import Callout, Candidate, Wave
from services.dispatch.callout.store import Decision, Decisions
from services.dispatch.policy import Policy
from services.dispatch.position.store import Near, Positions
from services.dispatch.responder.domain import (
    Answers,
    Responder,
    accepted_today,
    answer_keys,
    called_this_week,
)
from services.dispatch.responder.store import Responders


class Plan(NamedTuple):
    """A wave that is claimed but not called yet."""

    wave: Wave
    called: tuple[Candidate, ...]
    claimed: frozenset[str]
    again_at: datetime | None = None
    """Where nobody was found: when to look again, since not all who are on duty have told yet where
    they are."""


class Lookout:
    def __init__(self, responders: Responders, positions: Positions, decisions: Decisions) -> None:
        self._responders, self._positions, self._decisions = responders, positions, decisions

    async def plan(self, callout: Callout, policy: Policy, now: datetime) -> Plan:
        """Choose and claim the next wave; who is claimed by another matter meanwhile is replaced.

        Claims end by themselves some time after the calls lapse, should nobody end them.
        """
        until = now + policy.timeout(callout.urgency)
        claim_until = until + timedelta(seconds=policy.claim_grace_s)
        situation, choice = await self._look(callout, policy, now)
        record, claimed = new_id("dec"), frozenset[str]()
        while True:  # each turn takes somebody out of what can be chosen from
            decision = Decision(
                id=record,
                callout=callout.id,
                wave=callout.wave + 1,
                situation=situation,
                choice=choice,
            )
            wanted = [volunteer for volunteer in choice.chosen if volunteer not in claimed]
            got, _ = await asyncio.gather(
                self._responders.claim(wanted, callout.id, now, claim_until),
                self._decisions.keep(decision),
            )
            claimed |= got
            if got.issuperset(wanted):
                break
            situation = _engaged(situation, frozenset(wanted) - got)
            choice = choose(situation, policy)
        called = _candidates(callout, situation, choice, now, until)
        names = tuple(candidate.volunteer for candidate in called)
        await self._responders.release(claimed.difference(names), callout.id)
        wave = Wave(
            number=callout.wave + 1, at=now, decision=record, policy=policy.version, called=names
        )
        return Plan(
            wave, called, claimed, None if names else await self._again_at(callout, policy, now)
        )

    async def _again_at(self, callout: Callout, policy: Policy, now: datetime) -> datetime | None:
        """Redis was emptied not long ago, and somebody of the station is on duty who has not sent a
        position since."""
        if callout.station is None or now - await self._positions.known_since(now) >= timedelta(
            seconds=policy.blind_s
        ):
            return None
        on_duty = [
            one.id for one in await self._responders.on_duty(callout.station, policy.looked_at[-1])
        ]
        seen = await self._positions.seen(on_duty)
        return now + timedelta(seconds=policy.blind_look_s) if len(seen) < len(on_duty) else None

    async def drop(self, plan: Plan, callout: Callout) -> None:
        """The wave was not called after all: let go of those who are not called by another one of
        the call-out."""
        others = {candidate.volunteer for candidate in callout.candidates}
        await self._responders.release(plan.claimed - others, callout.id)

    async def distances(self, callout: Callout, volunteers: Sequence[str]) -> dict[str, int]:
        """Metres on the map, for those whose place is known."""
        scene = Point(callout.longitude, callout.latitude)
        places = await self._positions.places_of(volunteers)
        return {volunteer: round(distance_m(scene, place)) for volunteer, place in places.items()}

    async def _look(
        self, callout: Callout, policy: Policy, now: datetime
    ) -> tuple[Situation, Choice]:
        """As far as the last ring; more of the nearest when the first lot does not suffice."""
        *some, last = policy.looked_at
        for most in some:
            near, situation = await self._around(callout, policy, most, now)
            choice = choose(situation, policy)
            if len(near) < most or choice.enough >= policy.enough:
                return situation, choice
        _, situation = await self._around(callout, policy, last, now)
        return situation, choose(situation, policy)

    async def _around(
        self, callout: Callout, policy: Policy, most: int, now: datetime
    ) -> tuple[Sequence[Near], Situation]:
        near = await self._near(callout, policy, most)
        known = await self._responders.of([one.volunteer for one in near])
        return near, _situation(callout, near, known, now)

    async def _near(self, callout: Callout, policy: Policy, most: int) -> list[Near]:
        """The nearest `most`: ring by ring, since where many are near a wide ring costs much and
        adds nothing."""
        scene, near = Point(callout.longitude, callout.latitude), list[Near]()
        for radius in policy.rings_m:
            near = await self._positions.near(scene, radius, most)
            if len(near) == most:
                break
        return near


def _situation(
    callout: Callout, near: Sequence[Near], known: dict[str, Responder], now: datetime
) -> Situation:
    return Situation(
        at=now,
        category=callout.category,
        urgency=callout.urgency,
        skills=callout.skills,
        parties=callout.parties,
        places=callout.places_left,
        open=tuple(c.probability for c in callout.in_state("called")),
        people=tuple(
            _person(callout, one, known[one.volunteer], now)
            for one in near
            if one.volunteer in known
        ),
    )


def _person(callout: Callout, near: Near, responder: Responder, now: datetime) -> Person:
    return Person(
        volunteer=responder.id,
        squad=responder.squad,
        distance_m=near.distance_m,
        seen_at=near.seen_at,
        on_duty=responder.on_duty,
        approved=responder.approved,
        skills=responder.skills,
        birth_year=responder.birth_year,
        engaged=responder.engagement(now) not in (None, callout.id),
        asked_before=callout.candidate(responder.id) is not None,
        served_until=responder.served_until,
        accepted_today=accepted_today(responder, now),
        called_this_week=called_this_week(responder, now),
        last_called_at=max(responder.called_at, default=None),
        tally=_tally(callout, responder, now),
    )


def _tally(callout: Callout, responder: Responder, now: datetime) -> Tally:
    everything, hour, kind = (
        responder.answers.get(key, Answers()) for key in answer_keys(callout.category, now)
    )
    return Tally(
        asked=everything.asked,
        accepted=everything.accepted,
        asked_hour=hour.asked,
        accepted_hour=hour.accepted,
        asked_kind=kind.asked,
        accepted_kind=kind.accepted,
    )


def _engaged(situation: Situation, volunteers: frozenset[str]) -> Situation:
    """As it turned out: these are on another matter (or off duty) by now."""
    people = tuple(
        person.model_copy(update={"engaged": True}) if person.volunteer in volunteers else person
        for person in situation.people
    )
    return situation.model_copy(update={"people": people})


def _candidates(
    callout: Callout, situation: Situation, choice: Choice, now: datetime, until: datetime
) -> tuple[Candidate, ...]:
    people = {person.volunteer: person for person in situation.people}
    chances = {verdict.volunteer: verdict.probability for verdict in choice.verdicts}
    return tuple(
        Candidate(
            volunteer=volunteer,
            squad=people[volunteer].squad,
            wave=callout.wave + 1,
            distance_m=people[volunteer].distance_m,
            probability=chances[volunteer] or 0.0,
            called_at=now,
            expires_at=until,
        )
        for volunteer in choice.chosen
    )
