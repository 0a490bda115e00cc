"""The built apps on the whole platform, and browsers that open them."""

from collections.abc import AsyncGenerator, Iterator

import pytest
from playwright.async_api import Browser

from deploy.apps.build import built, workshop
from tests.apps.screens import Screens
from tests.apps.serving import serving
from tests.support.browser import async_browser
from tests.support.platform import WholePlatform


@pytest.fixture(scope="session")
def apps_url(platform: WholePlatform) -> Iterator[str]:
    """Where the gateway serves the apps."""
    workshop(print)
    with serving(built(print), platform.ports, platform.logs):
        yield platform.gateway_url


@pytest.fixture(scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Browser]:
    async with async_browser(tmp_path_factory.mktemp("browser")) as launched:
        yield launched


@pytest.fixture
async def screens(browser: Browser, apps_url: str) -> AsyncGenerator[Screens]:
    """Devices of people. In none of them may anything go wrong unnoticed."""
    opened = Screens(browser, apps_url)
    yield opened
    await opened.close()
    assert opened.told == []
