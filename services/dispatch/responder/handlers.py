"""What dispatch knows of each volunteer: standing, duty and answers."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import NotFound
from chassis.kafka.subscriptions import Message
from chassis.tasks.sweep import Sweep
from contracts.events.dispatch import (
    CalloutAccepted,
    CalloutDeclined,
    DutyEnded,
    VolunteerFinished,
    VolunteerMissed,
    VolunteerWithdrew,
    WaveLapsed,
    WaveStoodDown,
)
from contracts.events.registration import PersonErased, VolunteerStandingChanged
from jinan.coordinates import Point
from services.dispatch.policy import POLICIES, DispatchPolicy
from services.dispatch.position.domain import Fix
from services.dispatch.position.store import Positions
from services.dispatch.responder import domain
from services.dispatch.responder.domain import Engagement, Responder
from services.dispatch.responder.store import Responders

Leaving = CalloutDeclined | WaveLapsed | WaveStoodDown | VolunteerWithdrew | VolunteerFinished


class ResponderHandlers:
    """`engagements`: the call-outs that hold these people."""

    def __init__(
        self,
        responders: Responders,
        positions: Positions,
        engagements: Callable[[Collection[str]], Awaitable[Mapping[str, Engagement]]],
        clock: Clock,
    ) -> None:
        self._responders, self._positions, self._clock = responders, positions, clock
        self._engagements = engagements
        self._sweep = Sweep[str]("silent volunteers")

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

    async def known_of(self, person: str) -> tuple[Responder, Point | None]:
        """All that is known of them. Raises NotFound for who never was a volunteer, and for who was
        erased."""
        responder = await self._responders.require(person)
        if responder.erased:
            raise NotFound(person)
        return responder, (await self._positions.places([person])).get(person)

    async def list_on_duty(
        self, station: str, squads: Collection[str] | None, after: str | None, limit: int
    ) -> Sequence[Responder]:
        """By id, after that one; of these squads, or all."""
        return await self._responders.on_duty(station, limit, squads, after)

    async def count_on_duty(self, station: str, squads: Collection[str] | None) -> tuple[int, int]:
        """(on duty, of these called to or on a call-out)"""
        on_duty = await self._responders.ids_on_duty(station, squads)
        return len(on_duty), len(await self._engagements(on_duty))

    async def engagements(self, volunteers: Collection[str]) -> Mapping[str, str]:
        """The call-out that each is called to or has accepted, of those who are."""
        found = await self._engagements(volunteers)
        return {volunteer: one.callout for volunteer, one in found.items()}

    async def may_send_positions(self, volunteer: str) -> bool:
        """Only while on duty, or on an accepted call-out."""
        responder = await self._responders.get(volunteer)
        if responder is None or responder.on_duty:
            return responder is not None
        return bool(await self._coming([volunteer]))

    async def _coming(self, volunteers: Collection[str]) -> frozenset[str]:
        found = await self._engagements(volunteers)
        return frozenset(volunteer for volunteer, one in found.items() if one.coming)

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

    async def erase(self, event: PersonErased, message: Message) -> None:
        """Hours and call-outs stay, under an id that leads nowhere: they are counted."""
        now, blank = self._clock.now(), Responder(id=event.account)
        await self._responders.change(
            blank.id, lambda r: domain.erase(r, now), message.cause, create=blank
        )
        await self._positions.forget(event.account)

    async def forget_position(self, event: DutyEnded, message: Message) -> None:
        """Duty ended here or on another replica: drops positions that arrived meanwhile."""
        responder = await self._responders.get(event.volunteer)
        if responder is None or not responder.on_duty:
            await self._positions.forget(event.volunteer)

    async def accept(self, event: CalloutAccepted, message: Message) -> None:
        await self._change(
            event.volunteer,
            lambda r: domain.accept(r, event.category, message.at),
            message.cause,
        )

    async def miss(self, event: VolunteerMissed, message: Message) -> None:
        """Who never came has not kept the yes. Who came and forgot to finish has."""
        if event.about != "finish":
            await self._change(
                event.volunteer,
                lambda r: domain.miss(r, event.category, message.at),
                message.cause,
            )

    async def leave(self, event: Leaving, message: Message) -> None:
        """They left a call-out: rest after one that they had accepted, and an answer counted
        where they gave none or a no."""
        match event:
            case WaveLapsed():
                await self._responders.count_unanswered(
                    event.volunteers, event.category, message.at, message.cause
                )
            case CalloutDeclined():
                await self._change(
                    event.volunteer,
                    lambda r: (
                        domain.count_answer(r, event.category, message.at, accepted=False),
                        (),
                    ),
                    message.cause,
                )
            case WaveStoodDown():
                for volunteer in event.accepted:
                    await self._rest(volunteer, message)
            case VolunteerWithdrew() | VolunteerFinished():
                await self._rest(event.volunteer, message)

    async def _rest(self, volunteer: str, message: Message) -> None:
        rested = await self._change(volunteer, lambda r: domain.rest(r, message.at), message.cause)
        if rested is not None and not rested.on_duty and not await self._engagements([volunteer]):
            await self._positions.forget(volunteer)

    async def _change(
        self, volunteer: str, decide: domain.Decide, cause: Cause
    ) -> Responder | None:
        """None for an unknown volunteer: there is nothing to keep, nor of one who is erased."""
        try:
            return await self._responders.change(
                volunteer, lambda r: None if r.erased else decide(r), cause
            )
        except NotFound:
            return None

    async def check_silence(self) -> None:
        """Ask those without a sign, then end their duty. Safe on several replicas at once."""
        now = self._clock.now()
        policy = POLICIES.at(now)
        known_since = await self._positions.known_since(now)
        if now - known_since < timedelta(seconds=policy.no_sign_s):
            return  # Redis was emptied recently: earlier signs are lost
        found: dict[str, tuple[Responder, datetime | None]] = {}

        async def silent() -> AsyncGenerator[str, None]:
            before = now - timedelta(seconds=policy.sign_asked_s)
            async for page in self._responders.silent_since(before):
                ids = [responder.id for responder in page]
                seen, coming = await self._positions.seen(ids), await self._coming(ids)
                await self._responders.note_signs(seen)
                for responder in page:
                    if responder.id not in coming:
                        found[responder.id] = responder, seen.get(responder.id)
                        yield responder.id

        await self._sweep.over(silent(), lambda id: self._check_silence_of(*found.pop(id), policy))

    async def _check_silence_of(
        self, responder: Responder, seen_at: datetime | None, policy: DispatchPolicy
    ) -> None:
        now = self._clock.now()
        if domain.check_silence(responder, seen_at, now, policy) is None:
            return
        await self._responders.change(
            responder.id,
            lambda r: domain.check_silence(r, seen_at, now, policy),
            Cause(f"sign:{responder.id}:{responder.version}"),
        )  # `forget_position` follows the DutyEnded
