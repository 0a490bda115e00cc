"""What this service's call-outs tell of volunteers: how they answer, and when they are free
again."""

from chassis.kafka.subscriptions import Message
from contracts.events.dispatch import (
    CalloutAccepted,
    CalloutDeclined,
    CallTimedOut,
    VolunteerFinished,
    VolunteerStoodDown,
    VolunteerWithdrew,
)
from services.dispatch.responder.handlers import ResponderHandlers

Leaving = (
    CalloutDeclined | CallTimedOut | VolunteerStoodDown | VolunteerWithdrew | VolunteerFinished
)


class ResponderConsumers:
    def __init__(self, responders: ResponderHandlers) -> None:
        self._responders = responders

    async def on_accepted(self, event: CalloutAccepted, message: Message) -> None:
        await self._responders.accepted(event, event.volunteer, message.at, message.cause)

    async def on_left(self, event: Leaving, message: Message) -> None:
        no = isinstance(event, CalloutDeclined | CallTimedOut)
        await self._responders.left(event, event.volunteer, message.at, message.cause, said_no=no)
