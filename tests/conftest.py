"""The demonstration station, for tests through the gateway."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.journeys.station import Station
from tests.support.client import Api
from tests.support.demonstration import SignIns, demonstration
from tests.support.phone import Phone
from tests.support.platform import WholePlatform
from tests.support.readers import somebody_is_told_of_each


@pytest.fixture(scope="session")
async def api(platform: WholePlatform) -> AsyncGenerator[Api]:
    """The gateway."""
    opened = Api(platform.gateway_url, platform.dev_key)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def sign_ins(api: Api) -> SignIns:
    """Of everybody: a phone that another test has signed in gets no code within a minute."""
    return SignIns(api)


@pytest.fixture(scope="session")
def whole_station(api: Api, platform: WholePlatform, sign_ins: SignIns) -> Station:
    return Station(api, platform.clock, demonstration(), sign_ins)


@pytest.fixture
async def station(whole_station: Station, platform: WholePlatform) -> AsyncGenerator[Station]:
    """Nobody is on duty before and after. Whatever a journey leaves open has a reader."""
    await whole_station.begin_journey()
    yield whole_station
    await whole_station.end_journey()
    await somebody_is_told_of_each(platform.backend.mongo_url)


@pytest.fixture
def web(api: Api) -> httpx.AsyncClient:
    """The same client without its retries and errors."""
    return api.http


@pytest.fixture
async def somebody(station: Station) -> Phone:
    """A resident who takes part in nothing."""
    return await station.somebody("bystander")


@pytest.fixture
async def volunteer(station: Station) -> Phone:
    """A volunteer who is not on duty."""
    return await station.somebody("idle volunteer")
