"""Keeping the views that tell whom to tell."""

from chassis.kafka.subscriptions import Message as Origin
from contracts.events.dispatch import DutyEnded, DutyStarted
from contracts.events.registration import GrantsChanged
from services.notify.announcement.handlers import Announcer
from services.notify.recipient.store import Recipients


class RecipientHandlers:
    def __init__(self, recipients: Recipients, announcer: Announcer) -> None:
        self._recipients, self._announcer = recipients, announcer

    async def on_grants(self, event: GrantsChanged, origin: Origin) -> None:
        await self._recipients.keep_grants(event.account, event.grants, origin.seq)

    async def on_duty_started(self, event: DutyStarted, origin: Origin) -> None:
        await self._recipients.keep_duty(event.volunteer, True, origin.at, origin.seq)

    async def on_duty_ended(self, event: DutyEnded, origin: Origin) -> None:
        await self._recipients.keep_duty(event.volunteer, False, origin.at, origin.seq)
        await self._announcer.tell(event, origin)
