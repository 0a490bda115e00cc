"""From an event to messages in inboxes."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.kafka.subscriptions import Message
from contracts.envelope import Event
from contracts.events.incidents import ReportFiled
from contracts.events.registration import VolunteerStandingChanged
from services.notify.delivery.handlers import DeliveryHandlers
from services.notify.replicas.store import Grants, Reporters, Standings, Waiting
from services.notify.rules.domain import notification_of
from services.notify.rules.domain.notification import Accounts, Audience, RoleHolders


class RuleHandlers:
    def __init__(
        self,
        delivery: DeliveryHandlers,
        grants: Grants,
        reporters: Reporters,
        standings: Standings,
        waiting: Waiting,
        clock: Clock,
    ) -> None:
        self._delivery, self._clock = delivery, clock
        self._grants, self._reporters = grants, reporters
        self._standings, self._waiting = standings, waiting

    async def apply(self, event: Event, message: Message) -> None:
        """Notify everyone concerned, once each however often the event comes."""
        notification = notification_of(event)
        if notification is None:
            return
        accounts = await self._accounts(notification.to, event, message)
        messages = [
            notification.message(message.cause.derive("msg", account), account, message.at)
            for account in dict.fromkeys(accounts)
        ]
        await self._delivery.deliver(messages, message.cause)

    async def on_report_filed(self, event: ReportFiled, _: Message) -> None:
        """Apply the rules to what has waited for the reporter, who is known now."""
        for waited, message in await self._waiting.of(event.report):
            await self.apply(waited, message)
            await self._waiting.drop(message)

    async def on_standing_changed(self, event: VolunteerStandingChanged, message: Message) -> None:
        if await self._standings.is_change(event, message):
            await self.apply(event, message)

    async def _accounts(self, to: Audience, event: Event, message: Message) -> Sequence[str]:
        if isinstance(to, Accounts):
            return to.ids
        if isinstance(to, RoleHolders):
            holders = await self._grants.holders(to.role, to.area, self._clock.now())
            return [account for account in holders if account != to.excluded]
        reporter = await self._reporter(to.report, event, message)
        return [] if reporter is None else [reporter]

    async def _reporter(self, report: str, event: Event, message: Message) -> str | None:
        """None for an anonymous one, and while the report is not known: then the event waits."""
        known, reporter = await self._reporters.of(report)
        if not known:
            await self._waiting.put(report, event, message)
            known, reporter = await self._reporters.of(report)  # it may have come just before
            if known:
                await self._waiting.drop(message)
        return reporter
