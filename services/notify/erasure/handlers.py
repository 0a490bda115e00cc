"""Erases a person's messages, and those that late events still send to them."""

from datetime import timedelta

from chassis.clock import Clock
from chassis.kafka.subscriptions import Message
from contracts.events.registration import PersonErased
from services.notify.erasure.store import ErasedPeople
from services.notify.inbox.store import Inbox, Receipts
from services.notify.policy import POLICIES
from services.notify.stream.store import LiveStreams


class ErasureHandlers:
    def __init__(
        self,
        erased: ErasedPeople,
        inbox: Inbox,
        receipts: Receipts,
        live: LiveStreams,
        clock: Clock,
    ) -> None:
        self._erased, self._inbox, self._receipts = erased, inbox, receipts
        self._live, self._clock = live, clock

    async def on_erased(self, event: PersonErased, _: Message) -> None:
        """May be repeated."""
        await self._erased.keep(event.account, self._clock.now())
        await self._erase(event.account)

    async def erase_late(self) -> None:
        """As long as messages are kept, an event that comes late may have brought one."""
        now = self._clock.now()
        kept_since = now - timedelta(days=POLICIES.at(now).message_days)
        for account in await self._erased.since(kept_since):
            await self._erase(account)
        await self._erased.drop_before(kept_since)

    async def _erase(self, account: str) -> None:
        await self._inbox.erase(account)
        await self._receipts.erase(account)
        await self._live.erase(account)
