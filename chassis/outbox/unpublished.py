"""What this process has written and its relay has not published yet."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pymongo.asynchronous.collection import AsyncCollection

from chassis.mongo.published import Published

_MAX_FRESH = 5000
Entry = Mapping[str, Any]


class Outbox(Hashable, Protocol):
    """A collection whose documents carry unpublished events."""

    name: str
    collection: AsyncCollection[dict[str, Any]]
    published: Published


class Fresh(NamedTuple):
    """The events of one write, durable since a moment ago."""

    id: str
    share: int
    before: int
    """`seq` of the aggregate's last event before these; 0 if there was none."""
    clean: bool
    """All events up to `before` were known as published when the write was made."""
    entries: Sequence[Entry]
    folded: bool = False
    """The write took the published entries out of the document, too."""


class Unpublished:
    """Bounded: where more was written than the relay keeps up with, it reads the store."""

    def __init__(self) -> None:
        self.written = asyncio.Event()
        """Set after each write of events, so that the relay need not wait for its next poll."""
        self._fresh: dict[Outbox, list[Fresh]] = {}
        self._unread: set[Outbox] = set()
        self._count = 0

    def add(self, outbox: Outbox, fresh: Sequence[Fresh]) -> None:
        """Hand over events that this process stored. All are in the store: one that is lost here
        is found there."""
        if not fresh:
            return
        if self._count + len(fresh) > _MAX_FRESH:
            self._unread.add(outbox)
        else:
            self._fresh.setdefault(outbox, []).extend(fresh)
            self._count += len(fresh)
        self.written.set()

    def reread(self, outbox: Outbox) -> None:
        """The store holds events of this outbox that were not handed over, or may hold some: the
        outcome of a write is unknown."""
        self._unread.add(outbox)
        self.written.set()

    def take(self) -> tuple[Mapping[Outbox, Sequence[Fresh]], set[Outbox]]:
        """(fresh events, outboxes to read)"""
        self.written.clear()
        taken = self._fresh, self._unread
        self._fresh, self._unread, self._count = {}, set(), 0
        return taken


def sendable(
    fresh: Sequence[Fresh], held: Collection[int], published: Callable[[str], int]
) -> tuple[list[dict[str, Any]], bool]:
    """(documents with the events of the held shares that may be sent now; whether those are all
    that are not published yet)

    An event goes out only behind the one before it: that is published (`published` gives the last
    `seq` of an aggregate known as such, 0 if unknown), or is sent just before. What is left out has
    to be found in the store, together with what lies before it.
    """
    found: dict[str, dict[str, Any]] = {}
    complete = True
    for one in fresh:
        if one.share not in held:
            continue
        document = found.get(one.id)
        known = document["outbox"][-1]["seq"] if document else published(one.id)
        entries = [entry for entry in one.entries if entry["seq"] > known]
        if not entries:
            continue
        if document and known == one.before:
            document["outbox"] += entries
        elif not document and (one.clean or known >= one.before):
            found[one.id] = {"_id": one.id, "share": one.share, "outbox": entries}
        else:
            complete = False
    return list(found.values()), complete
