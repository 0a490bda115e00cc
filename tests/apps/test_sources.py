"""The apps' sources: types, style, and the tests of what decides."""

from pathlib import Path

import pytest

from deploy.apps.build import CACHE, npm, workshop

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def apps() -> Path:
    return workshop(print)


@pytest.mark.parametrize("check", ["types", "lint", "test"])
def test_the_sources_pass(apps: Path, check: str) -> None:
    """npm's own output says what is wrong."""
    npm(CACHE, apps, "run", check)
