"""Searches for volunteers near a need and selects whom to call."""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from chassis.mongo.store import new_id
from jinan.coordinates import Point
from services.dispatch.availability.domain import Near, Profile, midnight
from services.dispatch.availability.handlers import AvailabilityHandlers
from services.dispatch.policy import DispatchPolicy
from services.dispatch.position.domain import Fix
from services.dispatch.position.store import Positions, to_time
from services.dispatch.responder.domain import answer_keys
from services.dispatch.responder.store import Responders
from services.dispatch.selection.domain.select import rested_at, select, squads_near
from services.dispatch.selection.domain.situation import Found, Need, Person, Situation, Tally

_WEEK = timedelta(days=7)
_NO_ANSWERS = Tally()
_NO_PEOPLE: frozenset[str] = frozenset()


class CandidateSearch:
    """Knows the `Need`, not the call-out behind it. What is found is a proposal: the claim on a
    person is made where the call is written."""

    def __init__(
        self, availability: AvailabilityHandlers, positions: Positions, responders: Responders
    ) -> None:
        self._availability, self._positions = availability, positions
        self._responders = responders
        self._proposed: Counter[str] = Counter()

    @contextmanager
    def propose(self, found: Found) -> Generator[None]:
        """As long as the block runs, which writes the claim, other searches of this process leave
        those out who were found. Enter it at once after `search`."""
        self._proposed.update(found.selection.chosen)
        try:
            yield
        finally:
            self._proposed.subtract(found.selection.chosen)
            self._proposed += Counter()

    async def search(
        self,
        need: Need,
        policy: DispatchPolicy,
        now: datetime,
        taken: Collection[str] = _NO_PEOPLE,
    ) -> Found:
        """Select among the nearest; among more of them where the first do not suffice. `taken` are
        known to be engaged, whatever the look says."""
        *limits, last = policy.search_limits
        for limit in limits:
            found, considered = await self._select(need, policy, now, limit, taken)
            if considered < limit or found.selection.enough >= policy.enough:
                break
        else:
            found, _ = await self._select(need, policy, now, last, taken)
        if found.selection.chosen:
            return found
        return found.with_(retry_at=await self._retry_at(need.station, policy, now))

    async def _select(
        self,
        need: Need,
        policy: DispatchPolicy,
        now: datetime,
        limit: int,
        taken: Collection[str],
    ) -> tuple[Found, int]:
        near = await self._availability.look(need.place, policy, limit)
        engaged = {*taken, *self._proposed}
        situation = _situation(need, _people(need, near, engaged, now), now)
        selection = select(situation, policy)
        found = Found(
            id=new_id("dec"),
            need=need.id,
            attempt=need.attempt,
            situation=situation,
            selection=selection,
            rested_at=rested_at(situation, selection, policy),
            squads_near=squads_near(situation, selection, policy),
        )
        return found, len(near)

    async def distances(self, place: Point, volunteers: Sequence[str]) -> dict[str, int]:
        """Metres on the map, for those whose place is known."""
        return await self._positions.distances(place, volunteers)

    async def last_fix(self, volunteer: str) -> Fix | None:
        """Where and when their phone was last; None if that is not known now."""
        return await self._positions.last_fix(volunteer)

    async def places(self, volunteers: Collection[str]) -> dict[str, Point]:
        """Of those whose place is known."""
        return await self._positions.places(volunteers)

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


def _situation(need: Need, people: Iterable[Person], now: datetime) -> Situation:
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


def _people(
    need: Need, near: Sequence[Near], engaged: Collection[str], now: datetime
) -> Generator[Person]:
    week, today = (now - _WEEK).timestamp(), midnight(now)
    keys = answer_keys(need.category, now)
    for one in near:
        profile = one.profile
        if profile is None:
            continue
        calls = [at for at in one.calls if at > week]
        yield Person(
            volunteer=one.volunteer,
            squad=profile.squad,
            distance_m=one.distance_m,
            seen_at=one.seen_at,
            on_duty=one.on_duty and profile.on_duty,
            approved=profile.approved,
            skills=profile.skills,
            birth_year=profile.birth_year,
            engaged=one.volunteer in engaged or one.engaged not in (None, need.id),
            asked_before=one.volunteer in need.asked,
            served_until=_time(profile.served_until),
            accepted_today=profile.accepted_since(today),
            called_this_week=len(calls),
            last_called_at=datetime.fromtimestamp(max(calls), UTC) if calls else None,
            tally=_tally(profile, keys),
        )


def _tally(profile: Profile, keys: tuple[str, str, str]) -> Tally:
    """`keys` are those of all answers, of the hour, and of the category."""
    if not profile.answers:
        return _NO_ANSWERS
    everything, hour, kind = (profile.answers.get(key, (0, 0)) for key in keys)
    return Tally(
        asked=everything[0],
        accepted=everything[1],
        asked_hour=hour[0],
        accepted_hour=hour[1],
        asked_kind=kind[0],
        accepted_kind=kind[1],
    )


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else to_time(ms / 1000)
