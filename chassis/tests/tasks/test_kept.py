"""What is kept for all: one read at a time, and none while it counts."""

import asyncio

import pytest

from chassis.tasks.kept import Kept


class Source:
    def __init__(self) -> None:
        self.reads, self.now, self.fails = 0, 0.0, False

    async def read(self) -> int:
        self.reads += 1
        await asyncio.sleep(0)  # one turn of the loop, in which others ask
        if self.fails:
            raise ConnectionResetError
        return self.reads


async def test_many_who_ask_at_once_share_one_read_until_its_time_is_over():
    source = Source()
    kept = Kept(source.read, 5.0, lambda: source.now)
    assert await asyncio.gather(*(kept.get() for _ in range(20))) == [1] * 20
    source.now = 4.9
    assert await kept.get() == 1
    source.now = 5.0
    assert await kept.get() == 2


async def test_a_read_that_failed_is_tried_by_the_next_one():
    source = Source()
    kept = Kept(source.read, 5.0, lambda: source.now)
    source.fails = True
    with pytest.raises(ConnectionResetError):
        await kept.get()
    source.fails = False
    assert await kept.get() == 2
