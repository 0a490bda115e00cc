"""The station that the tests through the gateway play at."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from simulation.api import Api
from simulation.people import demonstration
from tests.journeys.phone import Phone
from tests.journeys.station import Station
from tests.support.backend import WholePlatform


@pytest.fixture(scope="session")
async def whole_station(platform: WholePlatform) -> AsyncGenerator[Station]:
    api = Api(platform.gateway_url, platform.dev_key)
    yield Station(api, platform.clock, demonstration())
    await api.close()


@pytest.fixture
async def station(whole_station: Station) -> AsyncGenerator[Station]:
    """With nobody on duty before and after."""
    yield whole_station
    await whole_station.go_home()


@pytest.fixture
async def web(platform: WholePlatform) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the gateway that does nothing by itself."""
    async with httpx.AsyncClient(
        base_url=platform.gateway_url, timeout=15, trust_env=False
    ) as client:
        yield client


@pytest.fixture
async def somebody(station: Station) -> Phone:
    """A resident who does nothing of note."""
    return await station.somebody("bystander")


@pytest.fixture
async def volunteer(station: Station) -> Phone:
    """A volunteer who is not on duty."""
    return await station.somebody("idle volunteer")
