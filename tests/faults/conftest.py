"""One platform for all fault tests that break no more than they say: it has to be whole again after each."""

from collections.abc import AsyncGenerator

import pytest

from deploy.embedded.profiles import sweep_tests
from tests.faults.ground import Ground


@pytest.fixture(scope="session")
async def ground() -> AsyncGenerator[Ground]:
    sweep_tests()
    place = Ground()
    place.up()
    try:
        yield place
        await place.api.close()
    finally:
        place.down()
