"""A message to one person: what it says, how it goes out, and what the person did with it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.domain import Aggregate

Kind = Literal["alert", "stand_down", "outcome", "progress", "escalation", "notice"]
HeldBack = Literal["off_duty", "expired"]


class Words(BaseModel):
    """One text in both languages; Chinese is shown first."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str


class Message(Aggregate):
    """One entry of one person's inbox. `data` holds codes and counts for the app, never words that
    somebody typed."""

    recipient: str
    kind: Kind
    title: Words
    body: Words
    at: datetime
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: dict[str, str | int] = Field(default_factory=dict[str, str | int])
    held_back: HeldBack | None = None
    """Why it was not shown to the person at all; such a message is kept for the delivery status
    only."""
    due: bool = False
    """Still to be handed to the live streams."""
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None
    streamed_at: datetime | None = None
    """When it was first written to an open stream of the person."""

    def lapsed(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def outgoing(message: Message, *, off_duty: bool, now: datetime) -> Message:
    """Decide how a new message goes out: an alert that nobody should act on any more is held back
    with the reason."""
    held_back: HeldBack | None = None
    if message.kind == "alert":
        held_back = "off_duty" if off_duty else "expired" if message.lapsed(now) else None
    return message.model_copy(update={"held_back": held_back, "due": held_back is None})


def read(message: Message, now: datetime) -> Message | None:
    """Mark as read; None if it is."""
    return None if message.read_at else message.model_copy(update={"read_at": now})


def acknowledge(message: Message, now: datetime) -> Message | None:
    """Mark as seen and understood, which is read too; None if it is."""
    if message.acknowledged_at:
        return None
    return message.model_copy(update={"acknowledged_at": now, "read_at": message.read_at or now})
