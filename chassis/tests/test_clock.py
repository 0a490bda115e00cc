"""Domain time: real, synchronised with the store, or accelerated."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import Clock


def test_real_time_is_utc_and_cut_to_milliseconds():
    before = datetime.now(UTC)
    now = Clock().now()
    assert before - timedelta(milliseconds=1) <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


async def test_a_wrong_clock_is_set_by_the_store():
    clock, store_time = Clock(), datetime(2031, 1, 1, tzinfo=UTC)

    async def read() -> datetime:
        return store_time

    await clock.sync(read)
    assert timedelta(0) <= clock.now() - store_time < timedelta(seconds=1)
    assert abs(clock.real() - store_time.timestamp()) < 1


async def test_a_reading_without_a_zone_is_utc():
    clock = Clock()

    async def read() -> datetime:
        return datetime(2031, 1, 1, 8, 0)  # noqa: DTZ001 - what a driver without time zones gives

    await clock.sync(read)
    assert clock.now() - datetime(2031, 1, 1, 8, 0, tzinfo=UTC) < timedelta(seconds=1)


def test_accelerated_time():
    origin = time.time() - 10
    clock = Clock(f"2026-03-05T06:00:00+08:00@60@{origin}")
    expected = datetime(2026, 3, 4, 22, 10, tzinfo=UTC)
    assert abs(clock.now() - expected) < timedelta(seconds=60)
    assert clock.seconds(120) == pytest.approx(2)


def test_two_replicas_agree_on_accelerated_time():
    spec = f"2026-03-05T06:00:00+08:00@100@{time.time() - 3}"
    assert abs(Clock(spec).now() - Clock(spec).now()) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "spec", ["nonsense", "2026-03-05@1", "2026-03-05T00:00:00+08:00@0@0", "x@1@0"]
)
def test_an_invalid_spec_is_refused(spec: str):
    with pytest.raises(ValueError):  # noqa: PT011 - whichever part is wrong
        Clock(spec)
