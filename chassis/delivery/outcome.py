"""What becomes of a message that was parked: applied, dead, or tried again."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from chassis.delivery.parked_store import ParkedMessage
from chassis.domain import Refusal
from chassis.errors import Conflict, Overloaded, is_transient
from chassis.kafka.subscriptions import Delivery


class Limits(NamedTuple):
    age: timedelta
    messages: int


def is_transient_here(error: Exception) -> bool:
    """Trying the message again helps. A lost race says nothing about it, either."""
    if isinstance(error, Refusal):
        return error.code == "unavailable"
    return isinstance(error, Conflict) or is_transient(error)


class Applier(Protocol):
    """`succeeded_since`: another message was applied whose try began after that time, by
    `time.perf_counter`."""

    def succeeded_since(self, at: float) -> bool: ...

    async def apply_once(self, delivery: Delivery) -> Exception | None: ...

    async def dead(self, delivery: Delivery, reason: str, error: str) -> None: ...


async def settle(
    message: ParkedMessage,
    delivery: Delivery,
    applier: Applier,
    limits: Limits,
    count: int,
    since: float,
) -> bool:
    """Whether it is applied, or dead. `count`: how many are parked of its key; `since`: from when
    on another's success tells that it alone fails."""
    if delivery.message is None:
        await applier.dead(delivery, "unreadable", delivery.error)
        return True
    error = await applier.apply_once(delivery)
    if error is None:
        return True
    if is_transient_here(error):
        old = datetime.now(UTC) - message.at > limits.age
        if not (old or count >= limits.messages):
            return False
        if isinstance(error, Overloaded) or not applier.succeeded_since(since):
            return False
    await applier.dead(delivery, "failed", type(error).__name__)
    return True
