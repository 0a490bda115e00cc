"""Keeps what a search needs to know of people beside their positions, and looks there."""

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from chassis.clock import Clock
from chassis.errors import is_transient
from chassis.kafka.subscriptions import Message
from chassis.tasks.batches import Batcher
from contracts.events.dispatch import (
    CalloutAccepted,
    CalloutDeclined,
    DutyStarted,
    VolunteerFinished,
    VolunteerMissed,
    VolunteerWithdrew,
    WaveLapsed,
    WaveStoodDown,
)
from contracts.events.registration import VolunteerStandingChanged
from jinan.coordinates import Point
from services.dispatch.availability.domain import Near, Served, profile, to_ms
from services.dispatch.availability.store import Availability, Engaged, Known
from services.dispatch.policy import POLICIES, DispatchPolicy
from services.dispatch.responder.domain import Call, Engagement, Responder
from services.dispatch.responder.store import Responders

log = structlog.get_logger()
_GATHER = 0.05  # seconds
Leaving = CalloutDeclined | WaveLapsed | WaveStoodDown | VolunteerWithdrew | VolunteerFinished
"""Events after which the call-out does not hold the person any more."""
Changing = DutyStarted | VolunteerStandingChanged | CalloutAccepted | VolunteerMissed | Leaving
"""Events after which a profile is another one."""
_WEEK = timedelta(days=7)
_COMING = timedelta(minutes=30)
"""So long who comes is believed to be engaged; then the claim of the call-out is found again when
they are chosen."""


class History(Protocol):
    """What the call-outs know of people."""

    async def engagements(self, volunteers: Collection[str]) -> Mapping[str, Engagement]: ...

    async def calls_since(
        self, volunteers: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[Call]]: ...


class AvailabilityHandlers:
    def __init__(
        self, availability: Availability, responders: Responders, history: History, clock: Clock
    ) -> None:
        self._availability, self._responders = availability, responders
        self._history, self._clock = history, clock
        self._calls = Batcher[Engaged, list[str]](self._engage, gather=_GATHER)

    async def look(self, place: Point, policy: DispatchPolicy, limit: int) -> list[Near]:
        """The nearest `limit` people within the last ring. Those of whom the profile was lost are
        read from MongoDB, those whom dispatch does not know are left out."""
        now = self._clock.now()
        near = await self._availability.look(place, policy.rings_m, limit, now)
        lost = [one.volunteer for one in near if one.profile is None]
        known = await self._rebuild(lost) if lost else {}
        complete = (_with(one, known.get(one.volunteer)) for one in near)
        return [one for one in complete if one.profile is not None]

    async def refresh(self, event: Changing, _: Message) -> None:
        """Kept as it is stored now, whichever event comes last. Wired after the handler that
        changes the responder, so who left a call-out is free when it is known that they rest. What
        went with an earlier duty is rebuilt from the call-outs: their events may be read later."""
        if isinstance(event, DutyStarted):
            await self._rebuild([event.volunteer])
            return
        multiple = isinstance(event, WaveLapsed | WaveStoodDown)
        volunteers = event.volunteers if multiple else (event.volunteer,)
        known = _known(await self._responders.of(volunteers))
        await self._availability.keep(known, self._clock.now())
        if isinstance(event, Leaving):
            await self._availability.release(event.callout, volunteers)

    async def call(
        self, callout: str, volunteers: Sequence[str], called_at: datetime, until: datetime
    ) -> list[Responder]:
        """They were called and can answer until then. Returns those who are off duty by now. Calls
        of one moment share the trip to Valkey."""
        believed = until + POLICIES.at(called_at).claim_grace
        suspects = volunteers
        try:
            suspects = await self._calls.submit(Engaged(callout, volunteers, believed, called_at))
        except Exception as error:  # without Valkey MongoDB tells
            if not is_transient(error):
                raise
        found = await self._responders.of(suspects) if suspects else []
        return [one for one in found if not one.on_duty]

    async def _engage(self, calls: Sequence[Engaged]) -> list[list[str]]:
        off = set(await self._availability.engage(calls))
        return [[who for who in call.volunteers if who in off] for call in calls]

    async def follow(
        self, callout: str, left: Collection[str], coming: Collection[str] = ()
    ) -> None:
        """Some are free of the call-out at once, some have accepted, or left after that: these are
        engaged until `refresh` is told. Never fails because Valkey is unavailable: it only makes
        searches cheap."""
        with _unless_away():
            await self._availability.release(callout, left)
            if coming:
                until = self._clock.now() + _COMING
                await self._availability.engage([Engaged(callout, tuple(coming), until)])

    async def note(self, engagements: Mapping[str, Engagement]) -> None:
        """Call-outs hold these people, as was read a moment ago. As `follow`, it never fails."""
        held = [Engaged(e.callout, (who,), self._until(e)) for who, e in engagements.items()]
        if held:
            with _unless_away():
                await self._availability.engage(held)

    def _until(self, engagement: Engagement) -> datetime:
        """How long an engagement is believed, if nothing says that it ended."""
        now = self._clock.now()
        grace = POLICIES.at(now).claim_grace
        return now + _COMING if engagement.coming else engagement.expires_at + grace

    async def _rebuild(self, volunteers: Sequence[str]) -> Mapping[str, Known]:
        known = _known(await self._responders.of(volunteers))
        engagements = await self._history.engagements(known)
        calls = await self._history.calls_since(known, self._clock.now() - _WEEK)
        for who, one in known.items():
            of = calls.get(who, ())
            called = [call.called_at for call in of]
            known[who] = one._replace(calls=called, served=_served(of))
        for who, engagement in engagements.items():
            held = engagement.callout, self._until(engagement)
            known[who] = known[who]._replace(engaged=held)
        await self._availability.keep(known, self._clock.now())
        return known


def _served(calls: Sequence[Call]) -> Served:
    accepted = sorted(to_ms(call.accepted_at) for call in calls if call.accepted_at)
    left = [to_ms(call.left_at) for call in calls if call.left_at]
    return Served(tuple(accepted), max(left, default=None))


def _known(responders: Iterable[Responder]) -> dict[str, Known]:
    return {one.id: Known(one.version, profile(one), calls=None) for one in responders}


@contextmanager
def _unless_away() -> Generator[None]:
    try:
        yield
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("engagements not updated", error=type(error).__name__)


def _with(near: Near, known: Known | None) -> Near:
    if known is None:
        return near
    engaged = known.engaged[0] if known.engaged else None
    calls = [int(at.timestamp()) for at in known.calls or ()]
    return near._replace(
        profile=known.profile.with_served(known.served), engaged=engaged, calls=calls
    )
