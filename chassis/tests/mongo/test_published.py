"""What a process remembers as published: no event twice, and none unpublished for ever."""

import pytest

from chassis.mongo import published as module
from chassis.mongo.published import Published


def document(id: str, *seqs: int) -> dict[str, object]:
    return {"_id": id, "outbox": [{"seq": seq} for seq in seqs]}


def test_published_entries_are_left_out_and_later_ones_are_not() -> None:
    published = Published()
    published.remember({"a": 2, "b": 1})
    assert published.without([document("a", 1, 2), document("b", 1, 2), document("c", 1)]) == [
        document("b", 2),
        document("c", 1),
    ]


def test_it_is_remembered_until_marked_and_a_lost_mark_is_forgotten_after_a_few_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    published = Published()
    published.remember({"a": 2})
    now += 60
    assert published.without([document("a", 1, 2)]) == []
    published.marked({"a": 2})
    now += 4
    assert published.without([document("a", 1, 2)]) == []
    now += 2
    assert published.without([document("a", 1, 2)]) == [document("a", 1, 2)]
    assert published.seq("a") == 0


def test_an_older_mark_leaves_what_was_published_since_to_be_marked() -> None:
    published = Published()
    published.remember({"a": 2})
    published.remember({"a": 3})
    published.marked({"a": 2})
    assert (published.unmarked, published.seq("a")) == (1, 3)
