"""The town that is asked, and a connection to the gateway."""

from collections.abc import Iterator

import pytest
import requests

from tests.backend import WholePlatform
from tests.surface.town import Town, town_of


@pytest.fixture(scope="package")
def town(platform: WholePlatform) -> Iterator[Town]:
    with town_of(platform) as opened:
        yield opened


@pytest.fixture(scope="package")
def session() -> Iterator[requests.Session]:
    """Connections that are kept."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept
