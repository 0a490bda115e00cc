"""Keys as the services give them spread over the partitions. No broker."""

import secrets
from collections import Counter

import pytest
from aiokafka.partitioner import DefaultPartitioner

from chassis.mongo.store import new_id
from chassis.settings import Settings

KEYS = 10_000
KINDS = ("acc", "rep", "cal", "msg")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [Settings.model_fields["kafka_partitions"].default, 24])
def test_every_partition_gets_a_fair_share_of_the_keys(kind: str, count: int):
    partitions = list(range(count))
    choose = DefaultPartitioner()
    shares = Counter(choose(new_id(kind).encode(), partitions, partitions) for _ in range(KEYS))
    fair = KEYS / count
    assert set(shares) == set(partitions)
    # Far outside what chance does: about six standard deviations.
    assert max(abs(share - fair) for share in shares.values()) < 6 * fair**0.5


def test_the_rounds_of_one_report_spread_too():
    """A call-out's id follows from its report's."""
    partitions = list(range(24))
    report = secrets.token_hex(10)
    keys = [f"cal_{report}.{n}".encode() for n in range(KEYS)]
    shares = Counter(DefaultPartitioner()(key, partitions, partitions) for key in keys)
    assert max(shares.values()) < 1.5 * KEYS / 24
