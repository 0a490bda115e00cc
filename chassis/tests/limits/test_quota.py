"""Quotas on a real store: exact under concurrency, over replicas and in every window at once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import PyMongoError

from chassis.clock import Clock
from chassis.domain import Refusal, Window
from chassis.errors import is_transient
from chassis.http.problems import problem_response
from chassis.limits.quota import Quota, duration
from chassis.mongo.store import Store, new_id
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
WINDOWS = (Window(5, 10), Window(12, 600), Window(20, 86_400))
SECRET = "a secret of the tests"


class PlayedClock(Clock):
    """Real time as a test sets it."""

    def __init__(self) -> None:
        super().__init__()
        self.at = super().real()

    def real(self) -> float:
        return self.at


def windows(_: datetime) -> tuple[Window, ...]:
    return WINDOWS


@pytest.fixture
async def replicas(store: Store, backend: Backend) -> AsyncGenerator[list[Quota]]:
    """Two processes on one store with one clock."""
    clock = PlayedClock()
    stores = [Store(backend.mongo_url, store.database.name, clock) for _ in range(2)]
    yield [Quota(one, "tries", windows, SECRET) for one in stores]
    for one in stores:
        await one.close()


def clock_of(quota: Quota) -> PlayedClock:
    clock = quota._clock  # pyright: ignore[reportPrivateUsage]
    assert isinstance(clock, PlayedClock)
    return clock


async def admitted(replicas: list[Quota], key: str, count: int) -> int:
    waits = await asyncio.gather(*(replicas[n % 2].wait(key) for n in range(count)))
    return waits.count(0)


async def refusal(quota: Quota, key: str) -> Refusal:
    with pytest.raises(Refusal, match="too_many") as refused:
        await quota.take(key)
    return refused.value


async def test_of_many_at_once_exactly_the_limit_is_admitted(replicas: list[Quota]) -> None:
    keys = [new_id("key") for _ in range(6)]
    found = await asyncio.gather(*(admitted(replicas, key, 40) for key in keys))
    assert found == [5] * 6


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(1, 15), st.sampled_from([0, 4, 11, 300, 700]))))
async def test_no_window_ever_admits_more_than_its_limit(
    replicas: list[Quota], bursts: list[tuple[int, int]]
) -> None:
    """Whatever the order of bursts and pauses; and a full window is the only reason to refuse."""
    key, clock = new_id("key"), clock_of(replicas[0])
    expected = {w.seconds: (0.0, 0) for w in WINDOWS}
    for count, pause in bursts:
        clock.at += pause
        for w in WINDOWS:
            if expected[w.seconds][0] <= clock.at:
                expected[w.seconds] = clock.at + w.seconds, 0
        room = min(w.most - expected[w.seconds][1] for w in WINDOWS)
        passed = await admitted(replicas, key, count)
        assert passed == min(count, max(0, room))
        expected = {s: (until, n + passed) for s, (until, n) in expected.items()}


async def test_a_refusal_says_how_long_to_wait_and_costs_nothing(replicas: list[Quota]) -> None:
    quota, clock, key = replicas[0], clock_of(replicas[0]), new_id("key")
    for _ in range(5):
        await quota.take(key)
    refusals = [await refusal(quota, key) for _ in range(50)]
    assert {refused.retry_after for refused in refusals} == {10}
    answer = problem_response(refusals[0])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert "请 10 秒后再试" in bytes(answer.body).decode()
    clock.at += 10
    await quota.take(key)


async def test_another_key_and_another_name_have_quotas_of_their_own(
    replicas: list[Quota], store: Store
) -> None:
    key = new_id("key")
    assert await admitted(replicas, key, 8) == 5
    await replicas[0].take(new_id("key"))
    await Quota(store, "other", windows, SECRET).take(key)


async def test_exempt_keys_are_not_counted(store: Store) -> None:
    quota = Quota(store, "exempt", windows, SECRET, exempt=lambda key: key == "127.0.0.1")
    assert await admitted([quota, quota], "127.0.0.1", 30) == 30
    assert await admitted([quota, quota], "203.0.113.9", 30) == 5


async def test_the_store_holds_no_address_and_forgets_what_it_holds(
    replicas: list[Quota], store: Store
) -> None:
    await replicas[0].take("203.0.113.77")
    (kept,) = await store.database["quotas"].find().to_list()
    assert "203.0.113" not in str(kept)
    assert (kept["purge_at"].timestamp() - clock_of(replicas[0]).at) == pytest.approx(86_400, abs=1)
    await store.prepare()
    Quota(store, "tries", windows, SECRET)
    await store.prepare()
    indexes = await store.database["quotas"].index_information()
    assert [i["expireAfterSeconds"] for i in indexes.values() if "expireAfterSeconds" in i] == [0]


async def test_without_the_store_nothing_is_let_through() -> None:
    store = Store(
        "mongodb://127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=200", "none", Clock()
    )
    try:
        with pytest.raises(PyMongoError) as failed:
            await Quota(store, "tries", windows, SECRET).take("203.0.113.1")
        assert is_transient(failed.value)
    finally:
        await store.close()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 s"), (120, "120 s"), (121, "3 min"), (7200, "120 min"), (7201, "3 h")],
)
def test_a_wait_is_said_in_words(seconds: int, words: str) -> None:
    assert duration(seconds).en == words
