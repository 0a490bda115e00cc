"""Puts the state of aggregates on the snapshot topic that were published before there was one."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.domain import A
from chassis.errors import Conflict
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document
from chassis.outbox.entries import outbox_entry
from contracts.envelope import Event
from contracts.topics import state

StateOf = Callable[[Any], Sequence[Event]]
"""Aggregate -> the events that others would build their replicas from."""
_TRIES = 8


async def restate(repository: Repository[A], id: str, state_of: StateOf) -> int:
    """The relay says the aggregate's present state again, to the snapshot topic only, behind all
    that it has to say of it already. How many messages there will be.

    Each takes a `seq` of the aggregate: that one is missing on the topic itself.

    Raises:
        Conflict: others changed the aggregate time after time.
    """
    for _ in range(_TRIES):
        document = await repository.collection.find_one({"_id": id}, max_time_ms=5000)
        if document is None:
            return 0
        await repository.open([document])
        events = state_of(repository.load(document))
        entries = [
            _entry(repository, id, document["seq"] + n, event) for n, event in enumerate(events, 1)
        ]
        if not entries:
            return 0
        version = document["version"]
        changed = await repository.collection.update_one(
            {"_id": id, "version": version},
            {
                "$push": {"outbox": {"$each": entries}},
                "$set": {
                    "seq": document["seq"] + len(entries),
                    "version": version + 1,
                    "pending": True,
                },
            },
        )
        if changed.matched_count:
            return len(entries)
    raise Conflict(id)


def _entry(repository: Repository[Any], id: str, seq: int, event: Event) -> Document:
    if not event.state:
        raise ValueError(f"{type(event).__name__} is no state")
    now = repository.clock.now()
    entry = outbox_entry(repository.name, id, seq, event, now, "")
    return entry | {"topic": state(event.topic), "key": entry.pop("state")}
