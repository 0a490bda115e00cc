"""A message as its recipient sees it. A file of its own because the inbox answers it and the live
stream sends it."""

from datetime import datetime

from chassis.http.schemas import View
from contracts.texts import LocalizedText
from contracts.vocabulary import MessageKind
from services.notify.inbox.domain import Message


class MessageView(View):
    """Times in UTC. After `expires_at` the message needs no answer any more."""

    id: str
    kind: MessageKind
    at: datetime
    title: LocalizedText
    body: LocalizedText
    report: str | None
    callout: str | None
    area: str | None
    expires_at: datetime | None
    data: dict[str, str | int]
    """Codes and counts behind the texts, such as `distance_m`; which ones depends on `event`."""
    read_at: datetime | None
    acknowledged_at: datetime | None


def message_view(message: Message) -> MessageView:
    return MessageView.model_validate(message, from_attributes=True)
