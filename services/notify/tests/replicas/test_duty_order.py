"""Which of a volunteer's duty events counts."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.kafka.subscriptions import Message
from services.notify.replicas.store import _by_time  # pyright: ignore[reportPrivateUsage]

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


def at(seq: int, milliseconds: int = 0) -> int:
    return _by_time(Message("x", "acc_1", seq, NOW + timedelta(milliseconds=milliseconds)))


@pytest.mark.parametrize("seq", [1, 999, 99_999])
def test_of_one_millisecond_the_higher_sequence_counts(seq: int):
    assert at(seq) < at(seq + 1)


def test_the_later_event_counts_whatever_its_sequence():
    assert at(99_999) < at(1, milliseconds=1)


def test_the_order_fits_the_store():
    assert at(999_999, milliseconds=100 * 365 * 86_400_000) < 2**63
