"""The town that is asked, and a connection to the gateway."""

from collections.abc import Iterator

import httpx
import pytest
import requests

from tests.security.people import Staff
from tests.security.town import Town, town_of
from tests.support.platform import WholePlatform


@pytest.fixture(scope="package")
def staff(platform: WholePlatform) -> Iterator[Staff]:
    with httpx.Client(base_url=platform.gateway_url, timeout=15, trust_env=False) as web:
        yield Staff(web, platform.dev_key)


@pytest.fixture(scope="package")
def town(staff: Staff) -> Iterator[Town]:
    with town_of(staff) as opened:
        yield opened


@pytest.fixture(scope="package")
def session() -> Iterator[requests.Session]:
    """Connections that are kept."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept
