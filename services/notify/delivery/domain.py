"""Whether a message goes out live or is held back."""

from datetime import datetime

from chassis.domain import Decision
from contracts.events.notify import MessageDelivered
from services.notify.inbox.domain import HoldBackReason, Message
from services.notify.policy import NotifyPolicy


def decide(
    message: Message, policy: NotifyPolicy, now: datetime, *, off_duty: bool
) -> Decision[Message]:
    """A new message is due, or held back for the reason that its event is published for."""
    reason = _hold_back(message, policy, now, off_duty)
    if reason is None:
        return message.with_(due=True), ()
    event = MessageDelivered(
        message=message.id, recipient=message.recipient, channel="inbox", status="held_back"
    )
    return message.with_(held_back=reason, due=False), [event]


def _hold_back(
    message: Message, policy: NotifyPolicy, now: datetime, off_duty: bool
) -> HoldBackReason | None:
    if off_duty and message.kind in policy.hold_back_off_duty:
        return "off_duty"
    if message.is_expired(now) and message.kind in policy.hold_back_expired:
        return "expired"
    return None
