"""Checks of hours: opened by work without an end, decided by an officer."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import AlreadyExists, NotFound
from chassis.kafka.subscriptions import Message
from contracts.access import Principal
from contracts.events.dispatch import VolunteerFinished
from services.dispatch.hours_check import domain
from services.dispatch.hours_check.domain import AcceptReason, CheckState, HoursCheck, RefuseReason
from services.dispatch.hours_check.store import After, HoursChecks
from services.dispatch.policy import POLICIES


class HoursCheckHandlers:
    def __init__(self, checks: HoursChecks, clock: Clock) -> None:
        self._checks, self._clock = checks, clock

    async def open(self, event: VolunteerFinished, message: Message) -> None:
        """Nothing is credited until an officer has decided."""
        if not domain.needs_check(event, POLICIES.at(event.since)):
            return
        try:
            await self._checks.add(domain.waiting(event), (), message.cause)
        except AlreadyExists:  # the same came by another message
            return

    async def accept(
        self, id: str, who: Principal, minutes: int, reason: AcceptReason, cause: Cause
    ) -> HoursCheck:
        """Raises NotFound outside the officer's area; Refusal too_many_minutes, own_hours, or
        wrong_state when it is decided."""
        await self._require(id, who)
        now = self._clock.now()
        return await self._checks.change(
            id, lambda c: domain.accept(c, minutes, reason, who.subject, now), cause
        )

    async def refuse(
        self, id: str, who: Principal, reason: RefuseReason, cause: Cause
    ) -> HoursCheck:
        """Raises NotFound outside the officer's area; Refusal own_hours, or wrong_state when it is
        decided."""
        await self._require(id, who)
        now = self._clock.now()
        return await self._checks.change(
            id, lambda c: domain.refuse(c, reason, who.subject, now), cause
        )

    async def list_mine(
        self, who: Principal, after: After | None, limit: int
    ) -> Sequence[HoursCheck]:
        """Their own, in any state, the oldest first."""
        return await self._checks.of_volunteer(who.subject, after, limit)

    async def list_in_area(
        self, who: Principal, state: CheckState, after: After | None, limit: int
    ) -> Sequence[HoursCheck]:
        """Of the officer's areas, the oldest first. Raises Refusal not_allowed for others."""
        areas = [g.area for g in who.grants_for("callout.command") if g.role == "officer"]
        if not areas:
            raise Refusal("not_allowed")
        return await self._checks.in_areas(areas, state, after, limit)

    async def _require(self, id: str, who: Principal) -> None:
        check = await self._checks.require(id)
        if not who.may("callout.command", check.area, "officer"):
            raise NotFound(id)
