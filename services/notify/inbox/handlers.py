"""What people do with their messages."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Decision
from chassis.errors import NotFound
from chassis.http.paging import Position
from services.notify.inbox import domain
from services.notify.inbox.domain import PersonalMessage, Receipt
from services.notify.inbox.store import Inbox, Receipts
from services.notify.policy import POLICIES

_BEHIND_ALL_IDS = "~"
_AT_ONCE = 100  # receipts that are written side by side
Decide = Callable[[Receipt], Decision[Receipt] | None]


class InboxHandlers:
    """Both changes raise NotFound for another person's message, so that they do not reveal it."""

    def __init__(self, inbox: Inbox, receipts: Receipts, clock: Clock) -> None:
        self._inbox, self._receipts, self._clock = inbox, receipts, clock

    async def read(self, id: str, person: str, cause: Cause) -> PersonalMessage:
        now, found = self._clock.now(), await self._own(id, person)
        return await self._change(found, lambda receipt: domain.read(receipt, now), cause)

    async def read_all(self, person: str, until: datetime, cause: Cause) -> None:
        """All unread ones from up to that time, the newest first. A repeat goes on where one that
        failed has stopped."""
        now, after = self._clock.now(), Position(until, _BEHIND_ALL_IDS)
        while True:
            page = await self._inbox.page(person, unread=True, after=after, limit=_AT_ONCE)
            await asyncio.gather(
                *(
                    self._change(
                        one, lambda receipt: domain.read(receipt, now), _own(cause, one.id)
                    )
                    for one in page
                )
            )
            if len(page) < _AT_ONCE:
                return
            after = Position(page[-1].message.at, page[-1].id)

    async def acknowledge(self, id: str, person: str, cause: Cause) -> PersonalMessage:
        now, found = self._clock.now(), await self._own(id, person)
        kind = found.message.kind
        return await self._change(
            found, lambda receipt: domain.acknowledge(receipt, kind, now), cause
        )

    async def delete_old(self) -> None:
        now = self._clock.now()
        before = now - timedelta(days=POLICIES.at(now).message_days)
        await self._inbox.delete_before(before)
        await self._receipts.delete_before(before)

    async def _own(self, id: str, person: str) -> PersonalMessage:
        found = await self._inbox.require_personal(id)
        if found.recipient.account != person or found.recipient.held_back:
            raise NotFound(id)
        return found

    async def _change(
        self, found: PersonalMessage, decide: Decide, cause: Cause
    ) -> PersonalMessage:
        blank = domain.blank_receipt(found.message, found.recipient)
        changed = await self._receipts.change(found.id, decide, cause, create=blank)
        return replace(found, receipt=changed)


def _own(cause: Cause, message: str) -> Cause:
    """One request changes many receipts: each has a cause of its own."""
    return Cause(f"{cause.id}:{message}")
