"""The service follows its own events: a leader's grant follows the squad, and a squad follows a
leader's standing."""

from chassis.bus import Message, Subscription
from contracts import topics
from contracts.registration import SquadFormed, VolunteerStandingChanged
from services.registration.squad.handlers import SquadHandlers


def subscriptions(squads: SquadHandlers) -> list[Subscription]:
    async def on_squad(event: SquadFormed, message: Message) -> None:
        await squads.follow(event.squad, message.cause)

    async def on_standing(event: VolunteerStandingChanged, message: Message) -> None:
        if event.standing != "approved":
            await squads.lose(event.volunteer, message.cause)

    own = Subscription(topics.REGISTRATION)
    return [own.on(SquadFormed, on_squad).on(VolunteerStandingChanged, on_standing)]
