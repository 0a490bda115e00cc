"""Effects of the events of one test."""

import secrets

import pytest

from chassis.tests.counter import Counters
from chassis.tests.kafka.effects import Effects


@pytest.fixture
def name() -> str:
    """Begins the names of this test's counters, and names its consumer group."""
    return secrets.token_hex(4)


@pytest.fixture
def effects(counters: Counters, name: str) -> Effects:
    return Effects(counters, name)
