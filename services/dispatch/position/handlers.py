"""Take in a batch of positions."""

from collections.abc import Sequence
from typing import Literal

from chassis.clock import Clock
from services.dispatch.location import TimedLocation
from services.dispatch.policy import policy_at
from services.dispatch.position.domain import Fix, Sifted, sift
from services.dispatch.position.store import Positions
from services.dispatch.responder.store import Responders

Fate = Literal["kept", "off_duty"]


class PositionHandlers:
    def __init__(self, positions: Positions, responders: Responders, clock: Clock) -> None:
        self._positions, self._responders, self._clock = positions, responders, clock

    async def take(self, volunteer: str, batch: Sequence[TimedLocation]) -> tuple[Sifted, Fate]:
        """Kept only while on duty or on an accepted matter, which the store knows when Redis does
        not."""
        now = self._clock.now()
        sifted = sift(volunteer, batch, now, policy_at(now))
        if sifted.newest is None or await self._keep(sifted.newest):
            return sifted, "kept"
        return sifted, "off_duty"

    async def _keep(self, fix: Fix) -> bool:
        if await self._positions.put(fix):
            return True
        responder = await self._responders.get(fix.volunteer)
        if responder is None:
            return False
        on_a_matter = responder.engaged is not None and responder.engaged.until is None
        if not responder.on_duty and not on_a_matter:
            return False
        await self._positions.admit(fix.volunteer)
        return await self._positions.put(fix)
