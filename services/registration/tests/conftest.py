"""The running service, and who has signed in to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.registration.tests.live import Client, Member
from tests.support.platform import WholePlatform


@pytest.fixture(scope="session")
async def client(platform: WholePlatform) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(
        base_url=f"{platform.service_url('registration')}/api/v1/", timeout=20
    ) as http:
        yield Client(http, platform)


@pytest.fixture(scope="session")
async def signed_in() -> dict[str, Member]:
    """By key: a phone gets one code a minute, so whoever has signed in stays so."""
    return {}
