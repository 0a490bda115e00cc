"""The smallest aggregate that has events."""

import os
import secrets
from collections.abc import Sequence
from typing import ClassVar

from chassis.domain import Aggregate
from chassis.kafka.subscriptions import Message
from chassis.mongo.repository import Repository
from contracts.envelope import Event

TOPIC = os.environ.setdefault("TEST_TOPIC", f"counter.events.{secrets.token_hex(3)}")
"""Unique to this run; child processes inherit it."""


class Counted(Event):
    """A counter was incremented."""

    topic: ClassVar[str] = TOPIC
    key: ClassVar[str] = "counter"
    example: ClassVar = {"counter": "cnt_1", "total": 1}
    counter: str
    total: int
    lane: str = ""


class Laned(Counted):
    """As `Counted`, ordered within its lane only."""

    ordering_key: ClassVar[str] = "lane"


class Counter(Aggregate):
    total: int = 0
    name: str | None = None


Counters = Repository[Counter]


def increment(counter: Counter) -> tuple[Counter, Sequence[Event]]:
    total = counter.total + 1
    return counter.with_(total=total), [Counted(counter=counter.id, total=total)]


def increment_silently(counter: Counter) -> tuple[Counter, Sequence[Event]]:
    return counter.with_(total=counter.total + 1), ()


async def apply(effects: Counters, event: Counted, message: Message) -> None:
    """The one effect of an event: its counter in `effects` is one higher."""
    blank = Counter(id=event.counter)
    await effects.change(event.counter, increment_silently, message.cause, create=blank)


async def total(effects: Counters, id: str) -> int:
    found = await effects.get(id)
    return found.total if found else 0
