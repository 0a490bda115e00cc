"""What is due is reached, however much of it fails; an unavailable store ends the turn."""

from collections.abc import AsyncGenerator

import pytest

from chassis.tasks.sweep import Sweep


async def due(*items: int) -> AsyncGenerator[int, None]:
    for item in items:
        yield item


@pytest.mark.parametrize("concurrency", [1, 8])
async def test_those_that_fail_hold_up_no_other_and_rest(
    concurrency: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.tasks.sweep._FIRST_PAUSE", 60.0)
    sweep, tried = Sweep[int]("test", concurrency), list[int]()

    async def step(item: int) -> None:
        tried.append(item)
        if item < 500:
            raise KeyError(item)

    assert not await sweep.over(due(*range(501)), step)
    assert tried[-1] == 500
    tried.clear()
    assert not await sweep.over(due(*range(501)), step)
    assert tried == [500]
    assert await sweep.over(due(500), step)


async def test_one_whose_document_conflicts_for_ever_holds_up_no_other() -> None:
    done = list[int]()

    async def step(item: int) -> None:
        if item == 0:
            raise ConnectionError("of this one alone")
        done.append(item)

    assert not await Sweep[int]("test").over(due(0, 1, 2), step)
    assert done == [1, 2]


async def test_an_unavailable_store_is_not_asked_for_each() -> None:
    tried = list[int]()

    async def step(item: int) -> None:
        tried.append(item)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Sweep[int]("test").over(due(*range(100)), step)
    assert len(tried) < 10


async def test_what_is_not_done_yet_is_tried_again_after_a_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.tasks.sweep._FIRST_PAUSE", 0.0)
    sweep, tried = Sweep[int]("test"), list[int]()

    async def step(item: int) -> bool:
        tried.append(item)
        return len(tried) > 1

    assert not await sweep.over(due(1), step)
    assert await sweep.over(due(1), step)
