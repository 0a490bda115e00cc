"""The service follows its own events: a leader's grant follows the squad, and a squad follows a
leader's standing."""

from chassis.kafka.subscriptions import Message
from contracts.events.registration import SquadFormed, VolunteerStandingChanged
from services.registration.squad.handlers import SquadHandlers


class SquadConsumers:
    def __init__(self, squads: SquadHandlers) -> None:
        self._squads = squads

    async def on_squad(self, event: SquadFormed, message: Message) -> None:
        await self._squads.follow(event.squad, message.cause)

    async def on_standing(self, event: VolunteerStandingChanged, message: Message) -> None:
        if event.standing != "approved":
            await self._squads.lose(event.volunteer, message.cause)
