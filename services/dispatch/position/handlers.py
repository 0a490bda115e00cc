"""Take in a batch of positions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from chassis.clock import Clock
from services.dispatch.policy import POLICIES
from services.dispatch.position.domain import Fix, Sifted, TimedLocation, sift
from services.dispatch.position.store import Positions

BatchStatus = Literal["kept", "off_duty"]


class PositionHandlers:
    """`may_send`: whether a volunteer may be located; asked where Redis does not know them."""

    def __init__(
        self, positions: Positions, may_send: Callable[[str], Awaitable[bool]], clock: Clock
    ) -> None:
        self._positions, self._may_send, self._clock = positions, may_send, clock

    async def take(
        self, volunteer: str, batch: Sequence[TimedLocation]
    ) -> tuple[Sifted, BatchStatus]:
        """Kept only while on duty or on an accepted call-out."""
        now = self._clock.now()
        sifted = sift(volunteer, batch, now, POLICIES.at(now))
        if sifted.newest is None or await self._keep(sifted.newest):
            return sifted, "kept"
        return sifted, "off_duty"

    async def _keep(self, fix: Fix) -> bool:
        if await self._positions.put(fix):
            return True
        if not await self._may_send(fix.volunteer):
            return False
        await self._positions.admit(fix.volunteer)
        return await self._positions.put(fix)
