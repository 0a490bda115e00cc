"""Marks of delivery: collected, written together, kept when they cannot be written."""

from collections.abc import Mapping
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.errors import Unavailable
from services.notify.inbox.delivery_marks import DeliveryMarks
from services.notify.inbox.store import Inbox

Marked = tuple[set[str], dict[str, set[str]], dict[str, set[str]]]


class FakeInbox:
    def __init__(self) -> None:
        self.available = True
        self.marked: list[Marked] = []

    async def mark(
        self,
        sent: set[str],
        partly_sent: Mapping[str, set[str]],
        streamed: Mapping[str, set[str]],
        _: object,
    ) -> None:
        if not self.available:
            raise Unavailable
        self.marked.append((set(sent), dict(partly_sent), dict(streamed)))


@pytest.fixture
def inbox() -> FakeInbox:
    return FakeInbox()


@pytest.fixture
def marks(inbox: FakeInbox) -> DeliveryMarks:
    return DeliveryMarks(cast(Inbox, inbox), Clock(""))


async def test_all_marks_of_a_while_are_one_write(marks: DeliveryMarks, inbox: FakeInbox) -> None:
    marks.sent("msg_1")
    marks.partly_sent("msg_2", ["acc_1"])
    for account in ("acc_1", "acc_2", "acc_1"):
        marks.streamed(f"msg_1-{account}")
    await marks.write()
    assert inbox.marked == [({"msg_1"}, {"msg_2": {"acc_1"}}, {"msg_1": {"acc_1", "acc_2"}})]


async def test_what_could_not_be_written_is_written_with_what_came_since(
    marks: DeliveryMarks, inbox: FakeInbox
) -> None:
    marks.sent("msg_1")
    marks.streamed("msg_1-acc_1")
    inbox.available = False
    with pytest.raises(Unavailable):
        await marks.write()
    marks.streamed("msg_1-acc_2")
    inbox.available = True
    await marks.write()
    assert inbox.marked == [({"msg_1"}, {}, {"msg_1": {"acc_1", "acc_2"}})]
