"""Which events a service reacts to, and with what."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from chassis.domain import Cause
from contracts.envelope import Envelope, Event

E = TypeVar("E", bound=Event)
Record = ConsumerRecord[bytes, bytes]


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


Handler = Callable[[Any, Message], Awaitable[None]]


@dataclass(frozen=True)
class Delivery:
    """A record that somebody reacts to, read; or one that cannot be read, with `error`."""

    record: Record
    type: str = ""
    event: Event | None = None
    message: Message | None = None
    handlers: Sequence[Handler] = ()
    lane: str | bytes | None = None
    """Deliveries of one lane are processed in order, those of different lanes side by side."""
    error: str = ""


class Subscriptions:
    """The topic follows from the event, and the lane from the event's ordering key."""

    def __init__(self) -> None:
        self._handlers: dict[str, dict[str, tuple[type[Event], list[Handler]]]] = {}

    def on(
        self, event: type[E], *handlers: Callable[[E, Message], Awaitable[None]]
    ) -> "Subscriptions":
        """Call the handlers one after another; each must take a repeat for what it is."""
        of_topic = self._handlers.setdefault(event.topic, {})
        of_topic.setdefault(event.__name__, (event, []))[1].extend(handlers)
        return self

    @property
    def topics(self) -> list[str]:
        return list(self._handlers)

    def events(self, topic: str) -> list[str]:
        """Names of the events of a topic that somebody reacts to."""
        return list(self._handlers.get(topic, ()))

    def read(self, record: Record) -> Delivery | None:
        """None where nobody reacts to this type."""
        try:
            envelope = Envelope.model_validate_json(record.value or b"")
            if envelope.type not in self._handlers[record.topic]:
                return None
            model, handlers = self._handlers[record.topic][envelope.type]
            event = model.model_validate(envelope.data)
        except (ValidationError, ValueError) as error:
            return Delivery(record, lane=record.key, error=type(error).__name__)
        message = Message(envelope.id, envelope.aggregate, envelope.seq, envelope.at)
        ordered_by = getattr(event, event.ordering_key) if event.ordering_key else ""
        return Delivery(record, envelope.type, event, message, handlers, ordered_by or record.key)
