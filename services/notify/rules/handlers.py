"""From an event to messages in inboxes."""

from collections.abc import Sequence
from datetime import datetime

from chassis.clock import Clock
from chassis.kafka.subscriptions import Message
from contracts.envelope import Event
from contracts.events.registration import VolunteerStandingChanged
from jinan.areas import containing
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.inbox.domain import MAX_RECIPIENTS
from services.notify.replicas.store import Grants, Standings
from services.notify.rules.domain import notifications_of
from services.notify.rules.domain.notification import (
    Accounts,
    Audience,
    GrantHolders,
    Notification,
)


class RuleHandlers:
    def __init__(
        self, delivery: DeliveryHandlers, grants: Grants, standings: Standings, clock: Clock
    ) -> None:
        self._delivery, self._clock = delivery, clock
        self._grants, self._standings = grants, standings

    async def apply(self, event: Event, message: Message) -> None:
        """Notify everyone concerned, once each however often the event comes: with one message for
        each audience, or several for more than `MAX_RECIPIENTS`."""
        for n, notification in enumerate(notifications_of(event)):
            await self._notify(notification, message, ("to", str(n)) if n else ())

    async def _notify(
        self, notification: Notification, message: Message, parts: tuple[str, ...]
    ) -> None:
        """`parts`: what tells its messages from others of the event."""
        accounts = sorted(set(await self._accounts(notification.to)))
        for first in range(0, len(accounts), MAX_RECIPIENTS):
            id = message.cause.derive("msg", *parts, *([str(first)] if first else []))
            some = accounts[first : first + MAX_RECIPIENTS]
            new = notification.message(id, some, message.at)
            await self._delivery.deliver(new, message.cause)

    async def on_standing_changed(self, event: VolunteerStandingChanged, message: Message) -> None:
        if await self._standings.is_change(event, message):
            await self.apply(event, message)

    async def _accounts(self, to: Audience) -> Sequence[str]:
        if isinstance(to, Accounts):
            return to.ids
        now = self._clock.now()
        if isinstance(to, GrantHolders):
            return await self._others(to, now)
        holders = await self._grants.holders(to.role, to.area, now)
        return [account for account in holders if account != to.excluded]

    async def _others(self, to: GrantHolders, now: datetime) -> Sequence[str]:
        """Who was not told yet: of the area, or else of the next larger one that has somebody."""
        for area in reversed(containing(to.area)):
            holders = await self._grants.holders_of(to.role, area, now)
            if others := [account for account in holders if account not in to.told]:
                return others
        return ()
