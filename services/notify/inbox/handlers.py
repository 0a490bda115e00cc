"""What people do with their messages."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Decision
from chassis.errors import NotFound
from services.notify.inbox import domain
from services.notify.inbox.domain import Message
from services.notify.inbox.store import Inbox
from services.notify.policy import POLICIES

Decide = Callable[[Message, datetime], Decision[Message] | None]


class InboxHandlers:
    """Both changes raise NotFound for another person's message, so that they do not reveal it."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox, self._clock = inbox, clock

    async def read(self, id: str, person: str, cause: Cause) -> Message:
        return await self._change(id, person, cause, domain.read)

    async def acknowledge(self, id: str, person: str, cause: Cause) -> Message:
        return await self._change(id, person, cause, domain.acknowledge)

    async def delete_old(self) -> None:
        now = self._clock.now()
        await self._inbox.delete_before(now - timedelta(days=POLICIES.at(now).message_days))

    async def _change(self, id: str, person: str, cause: Cause, decide: Decide) -> Message:
        now = self._clock.now()

        def change(message: Message) -> Decision[Message] | None:
            if message.recipient != person or message.held_back:
                raise NotFound(id)
            return decide(message, now)

        return await self._inbox.change(id, change, cause)
