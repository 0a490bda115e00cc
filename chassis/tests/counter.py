"""The smallest aggregate that has events."""

import os
import secrets
from typing import ClassVar

from chassis.domain import Aggregate
from contracts.envelope import Event

TOPIC = os.environ.setdefault("TEST_TOPIC", f"counter.events.{secrets.token_hex(3)}")
"""Of this run alone; the processes that it starts have the same."""


class Counted(Event):
    """A counter went up."""

    topic: ClassVar[str] = TOPIC
    key: ClassVar[str] = "counter"
    example: ClassVar = {"counter": "cnt_1", "total": 1}
    counter: str
    total: int
    lane: str = ""


class Laned(Counted):
    """A counter went up, which is in order within its lane only."""

    ordering_key: ClassVar[str] = "lane"


class Counter(Aggregate):
    total: int = 0
    name: str | None = None


def up(counter: Counter) -> tuple[Counter, list[Event]]:
    total = counter.total + 1
    return counter.model_copy(update={"total": total}), [Counted(counter=counter.id, total=total)]
