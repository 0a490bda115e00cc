"""Getting messages to people: into their inboxes once, and to their live streams."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.tasks.schedule import Schedule
from services.notify.delivery import domain
from services.notify.inbox.delivery_marks import DeliveryMarks
from services.notify.inbox.domain import Message, held_back
from services.notify.inbox.store import Inbox, Receipts
from services.notify.policy import POLICIES, NotifyPolicy
from services.notify.replicas.store import Duty
from services.notify.stream.handlers import StreamHandlers

log = structlog.get_logger()
_RETRY = 1.0  # seconds until what could not be sent is tried again


class DeliveryHandlers:
    """`schedule` has something due when a message could not be sent here."""

    def __init__(
        self,
        inbox: Inbox,
        receipts: Receipts,
        streams: StreamHandlers,
        marks: DeliveryMarks,
        duty: Duty,
        clock: Clock,
    ) -> None:
        self._inbox, self._receipts, self._streams = inbox, receipts, streams
        self._marks, self._duty, self._clock = marks, duty, clock
        self.schedule = Schedule(clock)

    async def deliver(self, message: Message, cause: Cause) -> None:
        """Store the message once, however often its cause comes; then send it live to those who
        have not got it yet."""
        now = self._clock.now()
        policy = POLICIES.at(now)
        off_duty = await self._off_duty([message], policy)
        # A repeat finds the decision of the first time. Who has gone off duty since gets no alert.
        stored = await self._inbox.add(domain.decide(message, policy, now, off_duty), (), cause)
        for one in stored.recipients:
            if one.held_back:
                await self._receipts.add(*held_back(stored, one), cause)
        if stored.due and not await self._send(stored, policy, off_duty):
            self.schedule.note(now + self._resend_after(policy))

    async def resend_due(self) -> datetime | None:
        """Send live what was stored but has not gone out: its process ended, or Valkey was
        unavailable. Gives when to look again, if there is more.

        What could not be sent goes out about a second after Valkey is back. What another process
        stored and did not live to send is found by the poll of the schedule (5 s): 8 s after it was
        stored at most. What is held back from people off duty stays due while they are, until it
        expires.
        """
        now = self._clock.now()
        policy = POLICIES.at(now)
        await self._inbox.settle_expired(now)
        again = None
        async for due in self._inbox.due(now - self._resend_after(policy)):
            off_duty = await self._off_duty(due, policy)
            sending = (self._send(message, policy, off_duty) for message in due)
            sent = await asyncio.gather(*sending, return_exceptions=True)
            for message, error in zip(due, sent, strict=True):
                if isinstance(error, BaseException):  # this one alone: the others go on
                    again = now + self._clock.span(_RETRY)
                    log.error("message not sent", message=message.id, error=type(error).__name__)
            if False in sent:  # Valkey is unavailable
                return now + self._clock.span(_RETRY)
        return again

    async def _off_duty(self, messages: Sequence[Message], policy: NotifyPolicy) -> Collection[str]:
        """Which of the recipients are off duty, of messages for which that matters."""
        concerned = [message for message in messages if message.kind in policy.hold_back_off_duty]
        accounts = [one.account for message in concerned for one in message.waiting()]
        return await self._duty.off_duty(accounts) if accounts else ()

    async def _send(
        self, message: Message, policy: NotifyPolicy, off_duty: Collection[str]
    ) -> bool:
        """To those who wait for it and may get it now. False: it could not be sent."""
        if message.is_expired(self._clock.now()):  # not sent any more
            self._marks.sent(message.id)
            return True
        to = domain.may_get(message, policy, off_duty)
        if to and not await self._streams.send(message, to):
            return False
        if len(to) == len(message.waiting()):
            self._marks.sent(message.id)
        elif to:
            self._marks.partly_sent(message.id, [one.account for one in to])
        return True

    def _resend_after(self, policy: NotifyPolicy) -> timedelta:
        return self._clock.span(policy.resend_after_s)
