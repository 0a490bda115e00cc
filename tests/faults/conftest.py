"""One platform for all fault tests that break no more than they say: it has to be whole again after
each."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from deploy.local.profiles import sweep_tests
from tests.faults.ground import Ground, standing
from tests.faults.ledger import BALANCED


@pytest.fixture(scope="session")
async def ground() -> AsyncGenerator[Ground]:
    sweep_tests()
    async with standing(Ground()) as place:
        yield place


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was answered 2xx, and what became of it."""
    if BALANCED:
        terminalreporter.section("the ledger, after each fault")
        for line in BALANCED:
            terminalreporter.line(line)
