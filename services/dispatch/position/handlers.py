"""Take in a batch of positions."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Literal

from typing_extensions import TypeAliasType

from chassis.clock import Clock
from services.dispatch.policy import POLICIES
from services.dispatch.position.domain import Fix, Sifted, TimedLocation, sift
from services.dispatch.position.store import Positions

BatchStatus = TypeAliasType("BatchStatus", Literal["kept", "off_duty"])


class PositionHandlers:
    """`may_send`: whether a volunteer may be located; asked where Redis does not know them. `back`
    is told who was seen for the first time in a while."""

    def __init__(
        self,
        positions: Positions,
        may_send: Callable[[str], Awaitable[bool]],
        back: Callable[[Collection[str]], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._positions, self._may_send, self._clock = positions, may_send, clock
        self._back = back

    async def take(
        self, volunteer: str, batch: Sequence[TimedLocation], sent_at: datetime | None = None
    ) -> tuple[Sifted, BatchStatus]:
        """Kept only while on duty or on an accepted call-out."""
        now = self._clock.now()
        sifted = sift(volunteer, batch, now, POLICIES.at(now), sent_at)
        if sifted.newest is None or await self._keep(sifted.newest):
            return sifted, "kept"
        return sifted, "off_duty"

    async def _keep(self, fix: Fix) -> bool:
        kept = await self._positions.put(fix)
        if kept is None:
            if not await self._may_send(fix.volunteer):
                return False
            await self._positions.admit(fix.volunteer)
            kept = await self._positions.put(fix)
        if kept is not None and kept.back:
            await self._back((fix.volunteer,))
        return kept is not None
