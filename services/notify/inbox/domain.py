"""A message to one person: its texts, how it went out, and what the person did with it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chassis.domain import Aggregate, Decision
from contracts.events.notify import MessageAcknowledged
from contracts.texts import LocalizedText
from contracts.vocabulary import MessageKind

HoldBackReason = Literal["off_duty", "expired"]
_CALLS_TO_ACT: tuple[MessageKind, ...] = ("alert", "escalation")


class Message(Aggregate):
    """`data` holds codes and counts for the app, never text that a person typed."""

    recipient: str
    kind: MessageKind
    title: LocalizedText
    body: LocalizedText
    at: datetime
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: dict[str, str | int] = Field(default_factory=dict[str, str | int])
    held_back: HoldBackReason | None = None
    """Why the person never sees it. It is kept for the delivery status only."""
    due: bool = False
    """Not sent to the live streams yet."""
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None
    streamed_at: datetime | None = None
    """When it was first written to an open stream of the person."""

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def read(message: Message, now: datetime) -> Decision[Message] | None:
    """Mark as read; None if it is."""
    return None if message.read_at else (message.with_(read_at=now), ())


def acknowledge(message: Message, now: datetime) -> Decision[Message] | None:
    """Mark as acknowledged and read; None if it is. Only calls to act are worth an event."""
    if message.acknowledged_at:
        return None
    changed = message.with_(acknowledged_at=now, read_at=message.read_at or now)
    if message.kind not in _CALLS_TO_ACT:
        return changed, ()
    return changed, [MessageAcknowledged(message=message.id, recipient=message.recipient)]
