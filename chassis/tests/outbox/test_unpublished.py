"""What goes out without being read again never overtakes an earlier event of its aggregate."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.mongo.published import Published
from chassis.outbox.unpublished import Fresh, sendable

HELD = (0,)


def fresh(before: int, count: int = 1, *, clean: bool = False, id: str = "a") -> Fresh:
    entries = [{"seq": before + n} for n in range(1, count + 1)]
    return Fresh(id, 0, before, clean, entries)


def sent(of: Sequence[Fresh], published: int) -> tuple[list[int], bool]:
    documents, complete = sendable(of, HELD, lambda _: published)
    return [entry["seq"] for document in documents for entry in document["outbox"]], complete


@pytest.mark.parametrize(
    ("written", "published", "expected"),
    [
        ([fresh(0, 2, clean=True)], 0, ([1, 2], True)),
        ([fresh(4, clean=True)], 0, ([5], True)),
        ([fresh(4)], 4, ([5], True)),
        ([fresh(4)], 3, ([], False)),  # the fourth was not acknowledged, or another wrote it
        ([fresh(4)], 0, ([], False)),
        ([fresh(4)], 5, ([], True)),  # found in the store and published meanwhile
        ([fresh(3, 3)], 4, ([5, 6], True)),
        ([fresh(0, clean=True), fresh(1)], 0, ([1, 2], True)),
        ([fresh(0, clean=True), fresh(2)], 0, ([1], False)),  # another replica wrote the second
        ([fresh(1), fresh(2)], 0, ([], False)),
        ([fresh(1), fresh(0, clean=True)], 0, ([1], False)),
    ],
)
def test_an_event_goes_out_behind_the_one_before_it_or_not_at_all(
    written: list[Fresh], published: int, expected: tuple[list[int], bool]
) -> None:
    assert sent(written, published) == expected


def test_events_of_shares_held_elsewhere_are_left_to_their_holder() -> None:
    assert sendable([fresh(0, clean=True)._replace(share=3)], HELD, lambda _: 0) == ([], True)


class Replica:
    """A process: what it remembers, what its relay was handed, and its loads that are not written
    yet."""

    def __init__(self) -> None:
        self.published = Published()
        self.fresh: list[Fresh] = []
        self.loaded: tuple[int, bool] | None = None


class Model:
    """One aggregate's document, the topic, and replicas of which one relays."""

    def __init__(self, replicas: int) -> None:
        self.seq, self.outbox = 0, list[int]()
        self.topic: list[int] = []
        self.replicas = [Replica() for _ in range(replicas)]
        self.holder = 0

    def load(self, by: Replica) -> None:
        by.loaded = self.seq, bool(self.outbox)

    def write(self, by: Replica, events: int) -> None:
        """As `Documents.replace` does it; the version lets only the newest load through."""
        if by.loaded is None or by.loaded[0] != self.seq:
            return
        (seq, pending), by.loaded = by.loaded, None
        folded = pending and by.published.seq("a") >= seq
        entries = [{"seq": seq + n} for n in range(1, events + 1)]
        self.outbox = [*([] if folded else self.outbox), *(entry["seq"] for entry in entries)]
        self.seq += events
        if folded:
            by.published.marked({"a": seq})
        by.fresh.append(Fresh("a", 0, seq, folded or not pending, entries, folded))

    def relay(self, by: Replica, acknowledged: int, *, find: bool) -> None:
        """One step of the holder; it sends `acknowledged` events, and fails behind them."""
        written, by.fresh = by.fresh, []
        if by is not self.replicas[self.holder]:
            return
        documents, complete = sendable(written, HELD, by.published.seq)
        self.send(by, documents, acknowledged)
        if find or not complete:
            found = {"_id": "a", "outbox": [{"seq": seq} for seq in self.outbox]}
            self.send(by, by.published.without([found]), acknowledged)

    def send(self, by: Replica, documents: Sequence[dict[str, Any]], acknowledged: int) -> None:
        for document in documents:
            out = [entry["seq"] for entry in document["outbox"]][:acknowledged]
            self.topic += out
            if out:
                by.published.remember({"a": out[-1]})

    def mark(self, by: Replica) -> None:
        seq = by.published.seq("a")
        self.outbox = [each for each in self.outbox if each > seq]
        by.published.marked({"a": seq})

    def crash(self, n: int) -> None:
        self.replicas[n] = Replica()


steps = st.lists(
    st.tuples(
        st.sampled_from(["load", "write", "relay", "find", "mark", "lease", "crash", "late"]),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    max_size=60,
)


def play(model: Model, script: Sequence[tuple[str, int, int]]) -> None:
    for step, n, count in script:
        replica = model.replicas[n]
        if step == "load":
            model.load(replica)
        elif step == "write":
            model.write(replica, 1 + count % 2)
        elif step in ("relay", "find"):
            model.relay(replica, count, find=step == "find")
        elif step == "mark":
            model.mark(replica)
        elif step == "lease":
            model.holder = n
        elif step == "crash":
            model.crash(n)
        else:  # a change from start to end
            model.load(replica)
            model.write(replica, 1)


def check(model: Model) -> None:
    """First occurrences are in order and without gaps; a new holder publishes the rest."""
    model.crash(model.holder)
    model.relay(model.replicas[model.holder], 1000, find=True)
    assert list(dict.fromkeys(model.topic)) == list(range(1, model.seq + 1))


@given(steps)
def test_whatever_happens_in_between_events_come_in_order_and_none_is_lost(
    script: list[tuple[str, int, int]],
) -> None:
    model = Model(replicas=2)
    play(model, script)
    check(model)


@pytest.mark.parametrize("seed", range(20))
def test_long_runs_too(seed: int) -> None:
    chance = random.Random(seed)
    names = ["late"] * 4 + ["relay"] * 4 + ["load", "write", "find", "mark", "lease", "crash"]
    model = Model(replicas=3)
    script = [(chance.choice(names), chance.randrange(3), chance.randrange(4)) for _ in range(2000)]
    play(model, script)
    check(model)
