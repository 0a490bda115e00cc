"""What dispatch knows of each volunteer: standing, duty, claims and answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import NotFound
from chassis.kafka.subscriptions import Message
from contracts.events.dispatch import (
    CalloutAccepted,
    CalloutDeclined,
    CallTimedOut,
    DutyEnded,
    VolunteerFinished,
    VolunteerStoodDown,
    VolunteerWithdrew,
)
from contracts.events.registration import VolunteerStandingChanged
from jinan.coordinates import Point
from services.dispatch.policy import POLICIES, DispatchPolicy
from services.dispatch.position.domain import Fix
from services.dispatch.position.store import Positions
from services.dispatch.responder import domain
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders

Leaving = (
    CalloutDeclined | CallTimedOut | VolunteerStoodDown | VolunteerWithdrew | VolunteerFinished
)
_MAX_SILENT = 500
"""Volunteers checked in one run."""


class ResponderHandlers:
    def __init__(self, responders: Responders, positions: Positions, clock: Clock) -> None:
        self._responders, self._positions, self._clock = responders, positions, clock

    async def start_duty(self, volunteer: str, place: Point, cause: Cause) -> Responder:
        """A second start changes only the place.

        Raises Refusal not_a_volunteer unless approved.
        """
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

    async def end_duty(self, volunteer: str, cause: Cause) -> Responder:
        """Raises NotFound for somebody who never was a volunteer."""
        now = self._clock.now()
        ended = await self._responders.change(
            volunteer, lambda r: domain.end_duty(r, "tap", now), cause
        )
        if not ended.on_duty:
            await self._positions.forget(volunteer)
        return ended

    async def get(self, volunteer: str) -> Responder:
        """Raises NotFound."""
        return await self._responders.require(volunteer)

    async def list_on_duty(
        self, station: str, squads: Collection[str] | None, after: str | None, limit: int
    ) -> Sequence[Responder]:
        """By id, after that one; of these squads, or all."""
        return await self._responders.on_duty(station, limit, squads, after)

    async def count_on_duty(self, station: str, squads: Collection[str] | None) -> tuple[int, int]:
        """(on duty, of these claimed by a call-out)"""
        return await self._responders.count_on_duty(station, squads, self._clock.now())

    async def may_send_positions(self, volunteer: str) -> bool:
        """Only while on duty, or on an accepted call-out."""
        responder = await self._responders.get(volunteer)
        return responder is not None and (responder.on_duty or responder.has_accepted)

    async def apply_standing(self, event: VolunteerStandingChanged, message: Message) -> None:
        now = self._clock.now()
        blank = Responder(id=event.volunteer)
        changed = await self._responders.change(
            blank.id,
            lambda r: domain.standing_changed(r, event, message.seq, now),
            message.cause,
            create=blank,
        )
        if not changed.approved:
            await self._positions.forget(event.volunteer)

    async def forget_position(self, event: DutyEnded, message: Message) -> None:
        """Duty ended here or on another replica: drops positions that arrived meanwhile."""
        responder = await self._responders.get(event.volunteer)
        if responder is None or not responder.on_duty:
            await self._positions.forget(event.volunteer)

    async def engage(self, event: CalloutAccepted, message: Message) -> None:
        await self._change(
            event.volunteer,
            lambda r: domain.engage(r, event.callout, event.category, message.at),
            message.cause,
        )

    async def release(self, event: Leaving, message: Message) -> None:
        def decide(responder: Responder) -> domain.Decision:
            if isinstance(event, CalloutDeclined | CallTimedOut):
                responder = domain.count_answer(
                    responder, event.category, message.at, accepted=False
                )
            return domain.release(responder, event.callout, message.at)

        changed = await self._change(event.volunteer, decide, message.cause)
        if changed is not None and not changed.on_duty and changed.engaged is None:
            await self._positions.forget(event.volunteer)

    async def _change(
        self, volunteer: str, decide: domain.Decide, cause: Cause
    ) -> Responder | None:
        """None for an unknown volunteer: there is nothing to keep."""
        try:
            return await self._responders.change(volunteer, decide, cause)
        except NotFound:
            return None

    async def check_silence(self) -> None:
        """Ask those without a sign, then end their duty. Safe on several replicas at once."""
        now = self._clock.now()
        policy = POLICIES.at(now)
        known_since = await self._positions.known_since(now)
        if now - known_since < timedelta(seconds=policy.no_sign_s):
            return  # Redis was emptied recently: earlier signs are lost
        silent = await self._responders.silent_since(
            now - timedelta(seconds=policy.sign_asked_s), _MAX_SILENT
        )
        seen = await self._positions.seen([responder.id for responder in silent])
        await self._responders.note_signs(seen)
        for responder in silent:
            await self._check_silence_of(responder, seen, policy)

    async def _check_silence_of(
        self, responder: Responder, seen: Mapping[str, datetime], policy: DispatchPolicy
    ) -> None:
        now, seen_at = self._clock.now(), seen.get(responder.id)
        if domain.check_silence(responder, seen_at, now, policy) is None:
            return
        await self._responders.change(
            responder.id,
            lambda r: domain.check_silence(r, seen_at, now, policy),
            Cause(f"sign:{responder.id}:{responder.version}"),
        )  # `forget_position` follows the DutyEnded
