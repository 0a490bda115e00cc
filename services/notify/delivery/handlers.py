"""Sending messages out live, and keeping account of what reached whom."""

from collections.abc import Sequence

from chassis.clock import Clock
from services.notify.inbox.api import view
from services.notify.inbox.domain import Message
from services.notify.inbox.store import Inbox
from services.notify.stream.domain import Frame
from services.notify.stream.store import Live


def frame(message: Message) -> Frame:
    expires = int(message.expires_at.timestamp() * 1000) if message.expires_at else 0
    return Frame(
        message.id, message.kind, expires, view(message).model_dump_json(exclude_none=True)
    )


class Deliveries:
    """Marks are collected and written together: they are accounts, nobody waits for them."""

    def __init__(self, inbox: Inbox, live: Live, clock: Clock) -> None:
        self._inbox, self._live, self._clock = inbox, live, clock
        self._sent: list[str] = []
        self._streamed: list[str] = []

    async def send(self, messages: Sequence[Message]) -> None:
        """To the live streams; what lapsed in the meantime is not sent. What could not go out stays
        due."""
        now = self._clock.now()
        self._sent += [message.id for message in messages if message.lapsed(now)]
        wanted = [message for message in messages if not message.lapsed(now)]
        if not wanted:
            return
        outcomes = await self._live.push(
            [(message.recipient, frame(message)) for message in wanted]
        )
        self._sent += [message.id for message, sent in zip(wanted, outcomes, strict=True) if sent]

    def streamed(self, message: str) -> None:
        """It was written to an open stream of its recipient."""
        self._streamed.append(message)

    async def write(self) -> None:
        """What cannot be written now is kept for the next time."""
        sent, self._sent = self._sent, []
        streamed, self._streamed = self._streamed, []
        try:
            if streamed:
                await self._inbox.mark_streamed(streamed, self._clock.now())
            if alone := set(sent).difference(streamed):
                await self._inbox.mark_sent(alone)
            sent, streamed = [], []
        finally:
            self._sent += sent
            self._streamed += streamed
