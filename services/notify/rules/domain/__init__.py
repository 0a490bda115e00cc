"""Whom each event notifies, with which text: one rule per event, a module for each publisher."""

from contracts.envelope import Event
from services.notify.rules.domain import dispatch, incidents, registration
from services.notify.rules.domain.notification import Notification, Rules

RULES: Rules = {**dispatch.RULES, **incidents.RULES, **registration.RULES}


def notification_of(event: Event) -> Notification | None:
    """None where the event notifies nobody."""
    rule = RULES.get(type(event))
    return rule(event) if rule else None
