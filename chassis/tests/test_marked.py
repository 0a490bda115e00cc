"""What the relay remembers of its marks: never an event twice by itself, never one for ever
unpublished."""

import pytest

from chassis.outbox import relay
from chassis.outbox.published import Published


def document(id: str, *seqs: int) -> dict[str, object]:
    return {"_id": id, "outbox": [{"seq": seq} for seq in seqs]}


def test_what_was_marked_a_moment_ago_is_passed_over_and_what_came_after_it_is_not() -> None:
    marked = Published()
    marked.remember({"a": 2, "b": 1})
    assert marked.without([document("a", 1, 2), document("b", 1, 2), document("c", 1)]) == [
        document("b", 2),
        document("c", 1),
    ]


def test_a_mark_that_was_lost_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(relay.time, "monotonic", lambda: now)
    marked = Published()
    marked.remember({"a": 2})
    now += 4
    assert marked.without([document("a", 1, 2)]) == []
    now += 2
    assert marked.without([document("a", 1, 2)]) == [document("a", 1, 2)]
