"""One platform for all fault tests; it must work again after each of them."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from deploy.local.profiles import sweep_tests
from tests.faults.ledger import BALANCED
from tests.faults.platform import FaultPlatform, running


@pytest.fixture(scope="session")
async def platform() -> AsyncGenerator[FaultPlatform]:
    sweep_tests()
    async with running(FaultPlatform()) as started:
        yield started


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was acknowledged, and what became of it."""
    if BALANCED:
        terminalreporter.section("the ledger, after each fault")
        for line in BALANCED:
            terminalreporter.line(line)
