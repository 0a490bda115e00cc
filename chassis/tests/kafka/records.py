"""Records as a broker would deliver them."""

from datetime import UTC, datetime
from typing import Any, cast

from aiokafka.structs import ConsumerRecord

from chassis.kafka.subscriptions import Record
from chassis.outbox.entries import outbox_entry
from contracts.envelope import Event

NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)


def record(event: Event, **changed: Any) -> Record:
    entry = outbox_entry("counters", "cnt_1", 3, event, NOW, "")
    fields: dict[str, Any] = {
        "topic": event.topic,
        "partition": 0,
        "offset": 7,
        "timestamp": 0,
        "timestamp_type": 0,
        "key": entry["key"].encode(),
        "value": entry["body"].encode(),
        "checksum": None,
        "serialized_key_size": 0,
        "serialized_value_size": 0,
        "headers": (),
    }
    return cast(Record, ConsumerRecord(**(fields | changed)))
