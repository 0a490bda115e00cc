"""What follows when duty or approval ends: no place is kept, and the call-out they are claimed for
learns of it."""

from chassis.kafka.subscriptions import Message
from contracts.events.dispatch import DutyEnded
from contracts.events.registration import VolunteerStandingChanged
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.duty.handlers import DutyHandlers
from services.dispatch.responder.handlers import ResponderHandlers


class DutyConsumers:
    def __init__(
        self, duty: DutyHandlers, responders: ResponderHandlers, callouts: CalloutHandlers
    ) -> None:
        self._duty, self._responders, self._callouts = duty, responders, callouts

    async def on_standing(self, event: VolunteerStandingChanged, message: Message) -> None:
        await self._responders.standing(event, message.seq, message.cause)
        if event.standing != "approved":
            await self._callouts.drop_off_duty(event.volunteer, message.cause)

    async def on_ended(self, event: DutyEnded, message: Message) -> None:
        await self._duty.ended(event.volunteer)
        await self._callouts.drop_off_duty(event.volunteer, message.cause)
