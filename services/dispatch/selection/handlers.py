"""Searches for volunteers near a need, selects whom to call, and claims them."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from chassis.mongo.store import new_id
from services.dispatch.policy import DispatchPolicy
from services.dispatch.position.store import Near, Positions
from services.dispatch.responder.domain import Profile
from services.dispatch.responder.store import Responders
from services.dispatch.selection.domain.explanation import Explanation, explain
from services.dispatch.selection.domain.select import select
from services.dispatch.selection.domain.situation import Found, Need, Person, Situation, Tally
from services.dispatch.selection.store import SelectionRecords


class CandidateSearch:
    """`search` reads and selects; `claim` makes the selection binding. Knows the `Need`, not the
    call-out behind it."""

    def __init__(
        self, positions: Positions, responders: Responders, records: SelectionRecords
    ) -> None:
        self._positions, self._responders, self._records = positions, responders, records

    async def search(self, need: Need, policy: DispatchPolicy, now: datetime) -> Found:
        """Select among the nearest; among more of them where the first do not suffice."""
        *limits, last = policy.search_limits
        for limit in limits:
            found, considered = await self._select(need, policy, now, limit)
            if considered < limit or found.selection.enough >= policy.enough:
                return found
        found, _ = await self._select(need, policy, now, last)
        return found

    async def _select(
        self, need: Need, policy: DispatchPolicy, now: datetime, limit: int
    ) -> tuple[Found, int]:
        near = await self._positions.nearest(need.place, policy.rings_m, limit)
        profiles = await self._responders.profiles(
            [one.volunteer for one in near], need.category, now
        )
        people = [
            _person(need, one, profiles[one.volunteer]) for one in near if one.volunteer in profiles
        ]
        situation = _situation(need, people, now)
        selection = select(situation, policy)
        found = Found(
            id=new_id("dec"),
            need=need.id,
            attempt=need.attempt,
            situation=situation,
            selection=selection,
        )
        return found, len(near)

    async def claim(self, found: Found, need: Need, policy: DispatchPolicy, now: datetime) -> Found:
        """Claim those selected, and record the selection. Those claimed by another need meanwhile
        are replaced. Returns the selection that holds."""
        claimed = frozenset[str]()
        while True:  # ends: each turn excludes at least one person
            missing = [v for v in found.selection.chosen if v not in claimed]
            got, _ = await asyncio.gather(
                self._responders.claim(missing, need.id, now, need.claim_until),
                self._records.keep(found),
            )
            claimed |= got
            if got.issuperset(missing):
                break
            situation = found.situation.with_engaged(frozenset(missing) - got)
            found = found.with_(situation=situation, selection=select(situation, policy))
        await self._responders.release(claimed.difference(found.selection.chosen), need.id)
        if found.selection.chosen:
            return found
        return found.with_(retry_at=await self._retry_at(need.station, policy, now))

    async def claim_named(
        self, need: Need, volunteers: Sequence[str], now: datetime
    ) -> dict[str, int]:
        """Claim those of these people who are free. Returns the metres on the map of each, 0 where
        their position is unknown."""
        claimed = await self._responders.claim(volunteers, need.id, now, need.claim_until)
        metres = await self._positions.distances(need.place, list(claimed))
        return {volunteer: metres.get(volunteer, 0) for volunteer in claimed}

    async def release(self, need: str, volunteers: Collection[str]) -> None:
        """End the claims of those who are not called after all."""
        await self._responders.release(volunteers, need)

    async def explain(self, records: Sequence[str]) -> dict[str, Explanation]:
        """From the records of one need's searches: the last verdict on each volunteer."""
        return explain(await self._records.get(records))

    async def _retry_at(
        self, station: str | None, policy: DispatchPolicy, now: datetime
    ) -> datetime | None:
        """None unless Redis was emptied recently and somebody on duty at the station has not sent a
        position since."""
        recovery = timedelta(seconds=policy.recovery_s)
        if station is None or now - await self._positions.known_since(now) >= recovery:
            return None
        on_duty = await self._responders.on_duty(station, policy.search_limits[-1])
        seen = await self._positions.seen([one.id for one in on_duty])
        complete = len(seen) == len(on_duty)
        return None if complete else now + timedelta(seconds=policy.recovery_retry_s)


def _situation(need: Need, people: Sequence[Person], now: datetime) -> Situation:
    return Situation(
        at=now,
        category=need.category,
        urgency=need.urgency,
        skills=need.skills,
        parties=need.parties,
        places=need.places,
        open=need.open,
        people=tuple(people),
    )


def _person(need: Need, near: Near, profile: Profile) -> Person:
    everything, hour, kind = profile.answers
    return Person(
        volunteer=near.volunteer,
        squad=profile.squad,
        distance_m=near.distance_m,
        seen_at=near.seen_at,
        on_duty=profile.on_duty,
        approved=profile.approved,
        skills=profile.skills,
        birth_year=profile.birth_year,
        engaged=profile.engaged not in (None, need.id),
        asked_before=near.volunteer in need.asked,
        served_until=profile.served_until,
        accepted_today=profile.accepted_today,
        called_this_week=profile.called_this_week,
        last_called_at=profile.last_called_at,
        tally=Tally(
            asked=everything.asked,
            accepted=everything.accepted,
            asked_hour=hour.asked,
            accepted_hour=hour.accepted,
            asked_kind=kind.asked,
            accepted_kind=kind.accepted,
        ),
    )
