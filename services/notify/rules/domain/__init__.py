"""Whom each event notifies, in which words: one rule an event, a module for each publisher."""

from contracts.envelope import Event
from services.notify.rules.domain import dispatch, incidents, registration
from services.notify.rules.domain.notification import Notification, Rules

RULES: Rules = {**dispatch.RULES, **incidents.RULES, **registration.RULES}


def notification_of(event: Event) -> Notification | None:
    """None where nobody needs to know."""
    rule = RULES.get(type(event))
    return rule(event) if rule else None
