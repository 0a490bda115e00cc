"""Putting messages into inboxes, and what people do with theirs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from services.notify.inbox import domain, events
from services.notify.inbox.domain import Message
from services.notify.inbox.store import Inbox

_LATE = (
    3.0  # seconds on a wall clock after which a message that has not gone out live goes out again
)


class Outlet(Protocol):
    """Where messages go out live. Never raises: what could not go out stays due."""

    async def send(self, messages: Sequence[Message]) -> None: ...


class InboxHandlers:
    """`off_duty` tells whether a person is known to be off duty now."""

    def __init__(
        self, inbox: Inbox, live: Outlet, off_duty: Callable[[str], Awaitable[bool]], clock: Clock
    ) -> None:
        self._inbox, self._live, self._off_duty, self._clock = inbox, live, off_duty, clock

    async def put(self, messages: Sequence[Message], cause: Cause) -> None:
        """Store each message once, however often its cause comes; then send live what has not gone
        out yet."""
        add = self._inbox.messages.add
        stored = await asyncio.gather(
            *(add(message, events.on_put(message), cause) for message in messages)
        )
        # A repeat finds what was decided the first time: who has gone off duty since is not alerted
        # all the same.
        await self._live.send(
            [
                one
                for one, new in zip(stored, messages, strict=True)
                if one.due and not new.held_back
            ]
        )

    async def send_due(self) -> None:
        """Send live what was stored but has not gone out: its process ended in between, or Redis
        was away.

        An alert to somebody who has gone off duty since waits until it lapses.
        """
        before = self._clock.now() - timedelta(seconds=_LATE * self._clock.rate)
        due = await self._inbox.due(before)
        await self._live.send(
            [one for one in due if one.kind != "alert" or not await self._off_duty(one.recipient)]
        )

    async def read(self, id: str, person: str, cause: Cause) -> Message:
        return await self._change(id, person, cause, domain.read, acknowledged=False)

    async def acknowledge(self, id: str, person: str, cause: Cause) -> Message:
        return await self._change(id, person, cause, domain.acknowledge, acknowledged=True)

    async def _change(
        self,
        id: str,
        person: str,
        cause: Cause,
        decide: Callable[[Message, datetime], Message | None],
        acknowledged: bool,
    ) -> Message:
        """Raises a 404 problem for another person's message: nobody learns that it is there."""
        now = self._clock.now()

        def change(message: Message) -> Decision[Message] | None:
            if message.recipient != person or message.held_back:
                raise Refusal("not_found")
            changed = decide(message, now)
            if changed is None:
                return None
            return changed, events.on_acknowledged(changed) if acknowledged else ()

        return await self._inbox.messages.change(id, change, cause)

    async def sweep(self, keep: timedelta) -> None:
        await self._inbox.sweep(self._clock.now(), keep)
