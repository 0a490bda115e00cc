"""Which events a service reacts to, and with what."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError, create_model

from chassis.domain import Cause
from contracts.envelope import Envelope, Event

E = TypeVar("E", bound=Event)
Record = ConsumerRecord[bytes, bytes]
_TYPE = "type"
"""Header with the event's type. Older messages have none."""


@dataclass(frozen=True)
class Message:
    """Where an event came from. `cause` goes to the store with the change it makes, so that a
    repeat makes none."""

    id: str
    aggregate: str
    seq: int
    at: datetime

    @property
    def cause(self) -> Cause:
        return Cause(self.id)


Reaction = Callable[[E, Message], Awaitable[None]]
Handler = Reaction[Any]


@dataclass(frozen=True)
class Delivery:
    """A record with its handlers; or an unreadable one, with the name of its `error`."""

    record: Record
    type: str = ""
    event: Event | None = None
    message: Message | None = None
    handlers: Sequence[Handler] = ()
    lane: str | bytes | None = None
    """Deliveries of one lane are processed in order, those of different lanes side by side."""
    error: str = ""


@dataclass(frozen=True)
class _Subscription:
    """`event` is what the handlers take, `stored` what the topic holds: the same, or one that it
    supersedes."""

    event: type[Event]
    stored: type[Event]
    ordered_by: str
    handlers: list[Handler] = field(default_factory=list[Handler])

    @cached_property
    def envelope(self) -> type[Envelope]:
        """With `stored` as its data: reading both at once is a third cheaper."""
        data: Any = (self.stored, ...)
        return create_model(f"EnvelopeOf{self.stored.__name__}", __base__=Envelope, data=data)

    def upcast(self, found: Any) -> Event:
        return found if self.stored is self.event else self.event.upcast(found)


class Subscriptions:
    """The topic follows from the event, and the lane from the event's ordering key, unless a reader
    needs another order."""

    def __init__(self) -> None:
        self._handlers: dict[str, dict[str, _Subscription]] = {}

    def on(
        self, event: type[E], *handlers: Reaction[E], ordered_by: str | None = None
    ) -> "Subscriptions":
        """Call the handlers one after another; each must take a repeat for what it is. `ordered_by`
        names a field whose values keep their order instead of the event's ordering key. Retired
        events come as the one that supersedes them.

        Raises ValueError for an event that is ordered in another way already.
        """
        ordered_by = event.ordering_key if ordered_by is None else ordered_by
        of_topic = self._handlers.setdefault(event.topic, {})
        for stored in (event, *event.supersedes):
            new = _Subscription(event, stored, ordered_by)
            found = of_topic.setdefault(stored.__name__, new)
            if found.ordered_by != ordered_by:
                raise ValueError(f"{event.__name__} is ordered by {found.ordered_by or 'its key'}")
            found.handlers.extend(handlers)
        return self

    @property
    def topics(self) -> list[str]:
        return list(self._handlers)

    def only(self, topics: Collection[str]) -> "Subscriptions":
        """Those to these topics."""
        some = Subscriptions()
        some._handlers = {t: self._handlers[t] for t in self._handlers if t in topics}
        return some

    def events(self, topic: str) -> list[str]:
        """Names of the events of a topic that have handlers."""
        return list(self._handlers.get(topic, ()))

    def read(self, record: Record) -> Delivery | None:
        """None for a type without handlers: where a header names it, the value is not parsed."""
        value = record.value or b""
        try:
            type_ = _named_type(record) or Envelope.model_validate_json(value).type
            subscription = self._handlers[record.topic].get(type_)
            if subscription is None:
                return None
            envelope = subscription.envelope.model_validate_json(value)
            if envelope.type != type_:
                raise ValueError("header and envelope name different types")
            event = subscription.upcast(envelope.data)
        except (ValidationError, ValueError) as error:
            return Delivery(record, lane=record.key, error=type(error).__name__)
        message = Message(envelope.id, envelope.aggregate, envelope.seq, envelope.at)
        lane = getattr(event, subscription.ordered_by) if subscription.ordered_by else ""
        handlers = subscription.handlers
        return Delivery(record, envelope.type, event, message, handlers, lane or record.key)


def _named_type(record: Record) -> str | None:
    """The type that a header names. Raises ValueError if the header is no text, or empty."""
    for name, value in record.headers:
        if name == _TYPE:
            if not value:
                raise ValueError("the type's header is empty")
            return value.decode()
    return None
