"""Fixtures for every test of the project. Servers start at the first test that asks for them, not
before."""

from collections.abc import Iterator

import pytest
import structlog

from deploy.local.profiles import sweep_tests
from tests.support.backend import Backend, backend_by_choice
from tests.support.platform import WholePlatform

# Tracebacks as they are: drawing each with all its variables takes a second, and every other test's
# time with it.
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[structlog.processors.add_log_level, _plain])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs the whole platform comes last and without a break, browsers at the very end:
    its day begins at 10:00, an hour takes a minute, and journeys are made for the daytime."""
    needs = {item.path for item in items if "platform" in getattr(item, "fixturenames", ())}

    def turn(item: pytest.Item) -> int:
        folder = item.path.parent.name
        if folder == "faults" or item.path not in needs:  # faults have platforms of their own
            return 0
        return 2 if folder == "apps" else 1

    items.sort(key=turn)


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """Kafka, MongoDB, Valkey and Zipkin, running."""
    sweep_tests()
    servers = backend_by_choice()
    servers.start()
    try:
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="session")
def platform(backend: Backend) -> Iterator[WholePlatform]:
    """The whole platform behind its gateway, with the demonstration station's people in it."""
    whole = WholePlatform(backend)
    whole.up()
    try:
        yield whole
    finally:
        whole.down()
