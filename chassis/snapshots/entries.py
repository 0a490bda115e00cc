"""The messages of an event: on its topic, and, where it changes state, on the snapshot topic."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.envelope import Event
from contracts.topics import state


def snapshot_keys(event: Event, id: str) -> dict[str, Any]:
    """Fields of its outbox entry: the key to write, and the keys to delete."""
    written = {"state": f"{event.state}/{id}"} if event.state else {}
    return written | ({"ends": [f"{part}/{id}" for part in event.ends]} if event.ends else {})


def messages_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, bytes, bytes | None]]:
    """(topic, key, value) of the event's message, and of those for the snapshot topic: None deletes
    what the key had."""
    topic, value = entry["topic"], entry["body"].encode()
    yield topic, entry["key"].encode(), value
    for key in entry.get("ends", ()):
        yield state(topic), key.encode(), None
    if "state" in entry:
        yield state(topic), entry["state"].encode(), value
