"""On duty, off duty, and off by silence."""

from collections.abc import Sequence
from datetime import timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import NotFound
from jinan.coordinates import Point
from services.dispatch.policy import Policy, policy_at
from services.dispatch.position.domain import Fix
from services.dispatch.position.store import Positions
from services.dispatch.responder import domain
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders

_PAGE = 500
MOST_LISTED = 1000


class DutyHandlers:
    def __init__(self, responders: Responders, positions: Positions, clock: Clock) -> None:
        self._responders, self._positions, self._clock = responders, positions, clock

    async def start(self, volunteer: str, place: Point, cause: Cause) -> Responder:
        """Raises 409 unless approved. A second start changes nothing but the place."""
        now = self._clock.now()
        try:
            started = await self._responders.change(
                volunteer, lambda r: domain.start_duty(r, now), cause
            )
        except NotFound:
            raise Refusal("not_a_volunteer") from None
        if started.on_duty:
            await self._positions.admit(volunteer)
            await self._positions.put(Fix(volunteer, place, now))
        return started

    async def end(self, volunteer: str, cause: Cause) -> Responder:
        now = self._clock.now()
        ended = await self._responders.change(
            volunteer, lambda r: domain.end_duty(r, "tap", now), cause
        )
        if not ended.on_duty:
            await self._positions.forget(volunteer)
        return ended

    async def own(self, volunteer: str) -> Responder:
        return await self._responders.require(volunteer)

    async def at_station(self, station: str) -> Sequence[Responder]:
        """At most MOST_LISTED, by id."""
        return await self._responders.on_duty(station, MOST_LISTED)

    async def ended(self, volunteer: str) -> None:
        """Their duty ended, here or on another replica: forget where they are, whatever came in
        meanwhile."""
        responder = await self._responders.get(volunteer)
        if responder is None or not responder.on_duty:
            await self._positions.forget(volunteer)

    async def look_for_signs(self) -> None:
        """Ask those without a sign, then take them off duty. Safe on several replicas at once."""
        now = self._clock.now()
        policy = policy_at(now)
        known_since = await self._positions.known_since(now)
        if now - known_since < timedelta(seconds=policy.no_sign_s):
            return  # Redis was emptied not long ago: it cannot tell who was silent
        silent = await self._responders.silent_since(
            now - timedelta(seconds=policy.sign_asked_s), _PAGE
        )
        seen = await self._positions.seen([responder.id for responder in silent])
        await self._responders.note_signs(seen)
        for responder in silent:
            await self._judge(responder, seen, policy)

    async def _judge(self, responder: Responder, seen: domain.Signs, policy: Policy) -> None:
        now, seen_at = self._clock.now(), seen.get(responder.id)
        if domain.without_sign(responder, seen_at, now, policy) is None:
            return
        cause = Cause(f"sign:{responder.id}:{responder.version}")
        await self._responders.change(
            responder.id, lambda r: domain.without_sign(r, seen_at, now, policy), cause
        )  # what ended is forgotten by the consumer of DutyEnded
