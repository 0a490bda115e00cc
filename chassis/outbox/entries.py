"""An event as it waits in its aggregate's document, until the relay has published it."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from chassis.broker.connection import MAX_BYTES
from chassis.domain import Refusal
from chassis.mongo.store import Document
from chassis.snapshots.entries import snapshot_keys
from chassis.telemetry import tracing
from contracts.envelope import Event

MAX_EVENT_BYTES = MAX_BYTES - 8 * 1024
"""Less than a message may have, with its key, its headers, and what the broker adds to a batch."""


def outbox_entries(
    kind: str, id: str, seq: int, events: Sequence[Event], at: datetime
) -> list[Document]:
    """Entries for events that follow `seq`, with the trace that is running."""
    if not events:
        return []
    parent = tracing.current()
    return [outbox_entry(kind, id, seq + n, event, at, parent) for n, event in enumerate(events, 1)]


def outbox_entry(kind: str, id: str, seq: int, event: Event, at: datetime, parent: str) -> Document:
    """`body` is the message's value as it is published: an `Envelope`, written without the detour
    of making one.

    Raises Refusal: the broker would never take an event of this size.
    """
    type_ = type(event).__name__
    envelope = {
        "id": f"{kind}/{id}/{seq}",
        "type": type_,
        "version": event.version,
        "aggregate": id,
        "seq": seq,
        "at": at,
        "data": event.model_dump(mode="json"),
    }
    body = orjson.dumps(envelope, option=orjson.OPT_UTC_Z)
    if len(body) > MAX_EVENT_BYTES:
        raise Refusal("too_large", limit=MAX_EVENT_BYTES)
    return {
        "seq": seq,
        "topic": event.topic,
        "key": str(getattr(event, event.key)),
        "type": type_,
        "body": body.decode(),
        "trace": parent,
        **snapshot_keys(event, id),
    }
