"""A message as its recipient sees it. A file of its own because the inbox answers it and the live
stream sends it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from chassis.http.schemas import View
from contracts import ids
from contracts.texts import LocalizedText
from contracts.vocabulary import MessageKind
from services.notify.inbox.domain import Message, PersonalMessage, Recipient, Template, personal_id


class MessageView(View):
    """Times in UTC. After `expires_at` the message needs no answer any more."""

    id: ids.MessageId
    kind: MessageKind
    at: datetime
    title: LocalizedText
    body: LocalizedText
    report: ids.ReportId | None
    callout: ids.CalloutId | None
    area: ids.AreaCode | None
    expires_at: datetime | None
    data: dict[str, str | int]
    """Codes and counts behind the texts, such as `distance_m`; which ones depends on `event`."""
    read_at: datetime | None
    acknowledged_at: datetime | None


def message_view(one: PersonalMessage) -> MessageView:
    message, values = one.message, one.recipient.values
    return MessageView(
        id=one.id,
        kind=message.kind,
        at=message.at,
        title=message.title.fill(values),
        body=message.body.fill(values),
        report=message.report,
        callout=message.callout,
        area=message.area,
        expires_at=message.expires_at,
        data=message.data | values,
        read_at=one.receipt.read_at,
        acknowledged_at=one.receipt.acknowledged_at,
    )


class RenderedMessage:
    """The JSON of an unread message's view, rendered once for all recipients.

    `segments` are what all share. Between one and the next goes a value that `own` gives for a
    recipient: JSON, or a part of a JSON string. Nothing is searched for and replaced, so no
    content can be taken for a place. Neither holds a control character.
    """

    def __init__(self, message: Message) -> None:
        self._message = message
        self._places: list[tuple[str, bool]] = []
        self._done: list[str] = []
        self._open = '{"id":"'
        self._place("", in_text=True)
        self._open += f'","kind":{_json(message.kind)},"at":{_json(message.at)},"title":'
        self._text(message.title)
        self._open += ',"body":'
        self._text(message.body)
        rest = ("report", "callout", "area", "expires_at")
        self._open += "".join(f',"{name}":{_json(getattr(message, name))}' for name in rest)
        self._data(message)
        self.segments: Sequence[str] = (
            *self._done,
            self._open + '},"read_at":null,"acknowledged_at":null}',
        )

    def own(self, recipient: Recipient) -> list[str]:
        """What goes between the segments; the first is the id of the recipient's message."""
        values = {"": personal_id(self._message.id, recipient.account), **recipient.values}
        return [
            _in_string(values[name]) if in_text else _json(values[name])
            for name, in_text in self._places
        ]

    def _place(self, name: str, *, in_text: bool) -> None:
        self._places.append((name, in_text))
        self._done.append(self._open)
        self._open = ""

    def _text(self, text: Template) -> None:
        for before, parts in (('{"zh":"', text.zh), ('","en":"', text.en)):
            self._open += before
            for n, part in enumerate(parts):
                if n % 2:
                    self._place(part, in_text=True)
                else:
                    self._open += _in_string(part)
        self._open += '"}'

    def _data(self, message: Message) -> None:
        names = message.recipients[0].values.keys()
        shared = {name: value for name, value in message.data.items() if name not in names}
        self._open += f',"data":{_json(shared)[:-1]}'
        for n, name in enumerate(names):
            comma = "," if shared or n else ""
            self._open += f"{comma}{_json(name)}:"
            self._place(name, in_text=False)


def _json(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _in_string(value: str | int) -> str:
    """As a part of a JSON string: each character is written alone, whatever stands beside it."""
    return str(value) if type(value) is int else _json(str(value))[1:-1]
