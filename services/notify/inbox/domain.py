"""A message to one person or to many: its texts, how it went out, and what each recipient did with
it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Decision, Frozen
from contracts.events.notify import MessageAcknowledged, MessageDelivered
from contracts.texts import LocalizedText
from contracts.vocabulary import MessageKind

HoldBackReason = TypeAliasType("HoldBackReason", Literal["off_duty", "expired"])
MAX_RECIPIENTS = 1000
"""Of one document, which then has about 100 kB. An audience that is larger gets several; one that
cannot be listed (a notice to all) would be named in the document instead: see decision 0019."""
_CALLS_TO_ACT: tuple[MessageKind, ...] = ("alert", "escalation")


class Template(Frozen):
    """A text in two languages, each in parts: a literal, the name of a value that each recipient
    has of their own, a literal, and so on. One part: the text is the same for all."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    def fill(self, values: Mapping[str, str | int]) -> LocalizedText:
        """Raises KeyError for a value that is missing."""
        return LocalizedText(zh=_fill(self.zh, values), en=_fill(self.en, values))


class Recipient(Frozen):
    account: str
    values: dict[str, str | int] = Field(default_factory=dict[str, str | int])
    """What differs between recipients: in the texts' places and in `data`. All recipients of a
    message have the same names."""
    held_back: HoldBackReason | None = None
    """Why the person never sees it. It is kept for the delivery status only."""
    sent: bool = False
    """Sent to the live stream, while the message is still due to others."""
    streamed_at: datetime | None = None
    """When it was first written to an open stream of the person."""


class Message(Aggregate):
    """One document for all its recipients. `data` holds codes and counts for the app, never text
    that a person typed.

    After it is stored only marks of its delivery change. What a person does with it is a Receipt.
    """

    kind: MessageKind
    title: Template
    body: Template
    at: datetime
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: dict[str, str | int] = Field(default_factory=dict[str, str | int])
    recipients: tuple[Recipient, ...]
    """Each account once, in the order of accounts."""
    due: bool = False
    """Not sent to the live streams of all recipients yet."""

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def waiting(self) -> list[Recipient]:
        """Those who are still to get it, if it is due."""
        return [
            one
            for one in self.recipients
            if not (one.held_back or one.sent or one.streamed_at is not None)
        ]


class Receipt(Aggregate):
    """What one person did with one message; its id is that of the person's message. Stored when
    there is something to say, with the events about it."""

    recipient: str
    at: datetime
    """Of the message."""
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True)
class PersonalMessage:
    """A message as one of its recipients has it."""

    message: Message
    recipient: Recipient
    receipt: Receipt

    @property
    def id(self) -> str:
        return self.receipt.id


def personal_id(message: str, account: str) -> str:
    """The id of a person's message: nobody else's, and the same for a list of recipients and for
    an audience that has none."""
    return f"{message}-{account}"


def parse_personal_id(id: str) -> tuple[str, str]:
    """(the message's id, the account); the account is empty where `id` is no person's message."""
    message, _, account = id.partition("-")
    return message, account


def blank_receipt(message: Message, recipient: Recipient) -> Receipt:
    id = personal_id(message.id, recipient.account)
    return Receipt(id=id, recipient=recipient.account, at=message.at)


def held_back(message: Message, recipient: Recipient) -> Decision[Receipt]:
    """The receipt of a person who never sees the message."""
    receipt = blank_receipt(message, recipient)
    event = MessageDelivered(
        message=receipt.id, recipient=receipt.recipient, channel="inbox", status="held_back"
    )
    return receipt, [event]


def read(receipt: Receipt, now: datetime) -> Decision[Receipt] | None:
    """Mark as read; None if it is."""
    return None if receipt.read_at else (receipt.with_(read_at=now), ())


def acknowledge(receipt: Receipt, kind: MessageKind, now: datetime) -> Decision[Receipt] | None:
    """Mark as acknowledged and read; None if it is. Only calls to act are worth an event."""
    if receipt.acknowledged_at:
        return None
    changed = receipt.with_(acknowledged_at=now, read_at=receipt.read_at or now)
    if kind not in _CALLS_TO_ACT:
        return changed, ()
    return changed, [MessageAcknowledged(message=receipt.id, recipient=receipt.recipient)]


def _fill(parts: tuple[str, ...], values: Mapping[str, str | int]) -> str:
    return "".join(str(values[part]) if n % 2 else part for n, part in enumerate(parts))
