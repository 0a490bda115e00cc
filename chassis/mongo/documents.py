"""How an aggregate is written as a document: state, version, outbox and the causes of its
changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

from pymongo import InsertOne, UpdateOne

from chassis.clock import Clock
from chassis.domain import A, Cause
from chassis.mongo import causes
from chassis.mongo.store import Document
from chassis.outbox.entries import outbox_entries
from chassis.outbox.shares import share_of
from chassis.outbox.unpublished import Fresh
from contracts.envelope import Event

Attached = Mapping[str, Any]
"""Field -> a value to append to the array of that name, beside the aggregate's state."""

Seal = Callable[[Document], Document]
"""Fields of an aggregate -> the same, as they are stored."""


def as_it_is(fields: Document) -> Document:
    return fields


class Documents(Generic[A]):
    """`kind` names the collection, and is the first part of its events' ids."""

    def __init__(self, kind: str, model: type[A], clock: Clock) -> None:
        self._kind, self._model, self._clock = kind, model, clock

    def load(self, document: Document) -> A:
        return self._model.model_validate(document | {"id": document["_id"]})

    def new(
        self,
        aggregate: A,
        events: Sequence[Event],
        cause: Cause,
        attached: Attached | None = None,
        seal: Seal = as_it_is,
    ) -> Document:
        more = {name: [value] for name, value in (attached or {}).items()}
        return (
            self._state(aggregate, 1, seal)
            | more
            | {
                "_id": aggregate.id,
                "share": share_of(aggregate.id),
                "seq": len(events),
                "outbox": outbox_entries(self._kind, aggregate.id, 0, events, self._clock.now()),
                "pending": bool(events),
                "seen": [causes.entry(cause, self._clock.real())],
                "made_by": cause.mark,
            }
        )

    def insert(
        self,
        aggregate: A,
        events: Sequence[Event],
        cause: Cause,
        attached: Attached | None = None,
        seal: Seal = as_it_is,
    ) -> tuple[InsertOne[Any], Fresh]:
        document = self.new(aggregate, events, cause, attached, seal)
        fresh = Fresh(aggregate.id, document["share"], 0, True, document["outbox"])
        return InsertOne(document), fresh

    def replace(
        self,
        document: Document,
        changed: A,
        events: Sequence[Event],
        cause: Cause,
        attached: Attached | None,
        published: int,
        seal: Seal = as_it_is,
    ) -> tuple[UpdateOne, Fresh]:
        """The change of a stored document, if its version is still the same. `published`: the last
        `seq` known to be on the topic. If that is all, the change takes them out of the
        document."""
        id, seq, seen, version = (document[name] for name in ("_id", "seq", "seen", "version"))
        now, pending = self._clock.real(), bool(document.get("pending"))
        fields = self._state(changed, version + 1, seal) | {"seq": seq + len(events)}
        push: Document = {
            "seen": {"$each": [causes.entry(cause, now)], "$slice": -causes.to_keep(seen, now)},
            **(attached or {}),
        }
        entries = outbox_entries(self._kind, id, seq, events, self._clock.now())
        folded = pending and published >= seq
        if folded:
            fields |= {"outbox": entries, "pending": bool(events)}
        elif events:
            fields["pending"] = True
            push["outbox"] = {"$each": entries}
        # An upsert whose version does not match tries to insert the same id and is refused: so each
        # caller of a bulk write still learns the outcome of its own.
        match = {"_id": id, "version": version}
        update = UpdateOne(match, {"$push": push, "$set": fields}, upsert=True)
        clean = folded or not pending
        return update, Fresh(id, document.get("share", 0), seq, clean, entries, folded)

    @staticmethod
    def _state(aggregate: A, version: int, seal: Seal) -> Document:
        return seal(aggregate.model_dump(exclude={"id"})) | {"version": version}
