"""What others learn of messages. Only calls to act are worth an event: alerts and escalations."""

from contracts.envelope import Event
from contracts.events.notify import MessageAcknowledged, MessageDelivered
from services.notify.inbox.domain import Message


def on_put(message: Message) -> list[Event]:
    if message.held_back is None:
        return []
    return [
        MessageDelivered(
            message=message.id, recipient=message.recipient, channel="inbox", status="held_back"
        )
    ]


def on_acknowledged(message: Message) -> list[Event]:
    if message.kind not in ("alert", "escalation"):
        return []
    return [MessageAcknowledged(message=message.id, recipient=message.recipient)]
