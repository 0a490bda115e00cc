"""Whom each event notifies, with which text: one rule per event, a module for each publisher."""

from collections.abc import Sequence

from contracts.envelope import Event
from services.notify.rules.domain import dispatch, incidents, registration
from services.notify.rules.domain.notification import Notification, Rules

RULES: Rules = {**dispatch.RULES, **incidents.RULES, **registration.RULES}


def notifications_of(event: Event) -> Sequence[Notification]:
    """Empty where the event notifies nobody."""
    rule = RULES.get(type(event))
    found = rule(event) if rule else None
    if found is None:
        return ()
    return (found,) if isinstance(found, Notification) else found
