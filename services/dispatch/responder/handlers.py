"""Keep what dispatch knows of each volunteer: their standing, and how they answer when called."""

from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.errors import NotFound
from contracts.events.dispatch import CalloutEvent
from contracts.events.registration import VolunteerStandingChanged
from services.dispatch.position.store import Positions
from services.dispatch.responder import domain
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders


class ResponderHandlers:
    def __init__(self, responders: Responders, positions: Positions, clock: Clock) -> None:
        self._responders, self._positions, self._clock = responders, positions, clock

    async def standing(self, event: VolunteerStandingChanged, seq: int, cause: Cause) -> None:
        now = self._clock.now()
        blank = Responder(id=event.volunteer)
        changed = await self._responders.change(
            blank.id, lambda r: domain.standing_changed(r, event, seq, now), cause, create=blank
        )
        if not changed.approved:
            await self._positions.forget(event.volunteer)

    async def accepted(
        self, event: CalloutEvent, volunteer: str, at: datetime, cause: Cause
    ) -> None:
        await self._change(
            volunteer, lambda r: domain.accepted(r, event.callout, event.category, at), cause
        )

    async def left(
        self, event: CalloutEvent, volunteer: str, at: datetime, cause: Cause, *, said_no: bool
    ) -> None:
        """They declined or let it lapse (`said_no`), were stood down, withdrew or finished."""

        def decide(responder: Responder) -> domain.Decision:
            if said_no:
                responder = domain.learn(responder, event.category, at, accepted=False)
            return domain.left(responder, event.callout, at)

        changed = await self._change(volunteer, decide, cause)
        if changed is not None and not changed.on_duty and changed.engaged is None:
            await self._positions.forget(volunteer)

    async def _change(
        self, volunteer: str, decide: domain.Decide, cause: Cause
    ) -> Responder | None:
        try:
            return await self._responders.change(volunteer, decide, cause)
        except NotFound:  # nobody we know: nothing to keep
            return None
