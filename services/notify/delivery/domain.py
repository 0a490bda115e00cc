"""To whom a message goes out live, and from whom it is held back."""

from collections.abc import Collection, Sequence
from datetime import datetime

from services.notify.inbox.domain import HoldBackReason, Message, Recipient
from services.notify.policy import NotifyPolicy


def decide(
    message: Message, policy: NotifyPolicy, now: datetime, off_duty: Collection[str]
) -> Message:
    """A new message is due, or held back from some or all of its recipients."""
    off_duty = off_duty if message.kind in policy.hold_back_off_duty else ()
    expired = message.is_expired(now) and message.kind in policy.hold_back_expired
    if not off_duty and not expired:
        return message.with_(due=True)

    def decided(one: Recipient) -> Recipient:
        reason: HoldBackReason | None = "expired" if expired else None
        if one.account in off_duty:
            reason = "off_duty"
        return one.with_(held_back=reason) if reason else one

    changed = message.with_(recipients=tuple(map(decided, message.recipients)))
    return changed.with_(due=bool(changed.waiting()))


def may_get(
    message: Message, policy: NotifyPolicy, off_duty: Collection[str]
) -> Sequence[Recipient]:
    """Those who wait for it, except who has gone off duty since it was stored, if that matters."""
    waiting = message.waiting()
    if not off_duty or message.kind not in policy.hold_back_off_duty:
        return waiting
    return [one for one in waiting if one.account not in off_duty]
