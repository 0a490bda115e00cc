"""Getting messages to people: into their inboxes once, and to their live streams."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from chassis.clock import Clock
from chassis.domain import Cause
from services.notify.delivery import domain
from services.notify.inbox.domain import Message
from services.notify.inbox.store import DeliveryMarks, Inbox
from services.notify.policy import POLICIES, NotifyPolicy
from services.notify.replicas.store import Duty
from services.notify.stream.handlers import StreamHandlers


class DeliveryHandlers:
    def __init__(
        self,
        inbox: Inbox,
        streams: StreamHandlers,
        marks: DeliveryMarks,
        duty: Duty,
        clock: Clock,
    ) -> None:
        self._inbox, self._streams, self._marks = inbox, streams, marks
        self._duty, self._clock = duty, clock

    async def deliver(self, messages: Sequence[Message], cause: Cause) -> None:
        """Store each message once, however often its cause comes; then send live what has not gone
        out yet."""
        now, add = self._clock.now(), self._inbox.add
        policy = POLICIES.at(now)
        off_duty = await self._off_duty(messages, policy)
        decisions = [
            domain.decide(message, policy, now, off_duty=off)
            for message, off in zip(messages, off_duty, strict=True)
        ]
        stored = await asyncio.gather(*(add(new, events, cause) for new, events in decisions))
        # A repeat finds the decision of the first time. Who has gone off duty since gets no alert.
        await self._send(
            [
                message
                for message, (new, _) in zip(stored, decisions, strict=True)
                if message.due and not new.held_back
            ]
        )

    async def resend_due(self) -> None:
        """Send live what was stored but has not gone out: its process ended, or Valkey was
        unavailable.

        What is held back from people off duty stays due while they are, until it expires.
        """
        now = self._clock.now()
        policy = POLICIES.at(now)
        due = await self._inbox.due(
            now - timedelta(seconds=policy.resend_after_s * self._clock.rate)
        )
        off_duty = await self._off_duty(due, policy)
        await self._send([message for message, off in zip(due, off_duty, strict=True) if not off])

    async def _off_duty(self, messages: Sequence[Message], policy: NotifyPolicy) -> list[bool]:
        """Whether each recipient is off duty; False where that does not matter for the message."""

        async def ask(message: Message) -> bool:
            matters = message.kind in policy.hold_back_off_duty
            return matters and await self._duty.is_off_duty(message.recipient)

        return await asyncio.gather(*(ask(message) for message in messages))

    async def _send(self, messages: Sequence[Message]) -> None:
        """What has expired is not sent any more. What could not be sent stays due."""
        now = self._clock.now()
        self._marks.sent(message.id for message in messages if message.is_expired(now))
        current = [message for message in messages if not message.is_expired(now)]
        if current:
            outcomes = await self._streams.send(current)
            sent = zip(current, outcomes, strict=True)
            self._marks.sent(message.id for message, was_sent in sent if was_sent)
