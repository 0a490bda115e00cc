"""Events of notify: what became of a message."""

from typing import ClassVar, Literal

from contracts import topics
from contracts.envelope import Event


class NotifyEvent(Event):
    topic: ClassVar[str] = topics.NOTIFY
    key: ClassVar[str] = "message"
    message: str
    recipient: str


class MessageDelivered(NotifyEvent):
    """A message reached a person's open stream, push or phone, or was held back with the reason."""

    example: ClassVar = {
        "message": "msg_1",
        "recipient": "acc_5f1e",
        "channel": "stream",
        "status": "delivered",
    }
    channel: Literal["stream", "push", "sms", "inbox"]
    status: Literal["delivered", "failed", "held_back"]


class MessageAcknowledged(NotifyEvent):
    """The recipient has acknowledged it."""

    example: ClassVar = {"message": "msg_1", "recipient": "acc_5f1e"}
