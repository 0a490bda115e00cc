"""A day on containers starts at its own first hour, however long images and servers took."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.preflight import PlatformError
from simulation.environment import SERVERS, ComposeEnvironment

COMPOSE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docker-compose.yml").read_text("utf-8")
)
MakeCall = tuple[str, dict[str, str]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[MakeCall]:
    """The calls of make, in order; `up` fails with the CLOCK `broken`."""
    calls: list[MakeCall] = []

    def make(_: ComposeEnvironment, target: str, **variables: str) -> None:
        calls.append((target, variables))
        if variables.get("CLOCK") == "broken":
            raise PlatformError("make up failed")

    def load(_: ComposeEnvironment) -> None:
        calls.append(("roster", {}))

    monkeypatch.setattr(ComposeEnvironment, "_make", make)
    monkeypatch.setattr(ComposeEnvironment, "_load_roster", load)
    return calls


def test_servers_that_start_before_the_clock_do_not_read_it() -> None:
    environments = {
        name: service.get("environment", {}) for name, service in COMPOSE["services"].items()
    }
    readers = {name for name, has in environments.items() if "CLOCK" in str(has)}
    assert readers >= {"registration", "incidents", "dispatch", "notify"}
    assert not readers & set(SERVERS.split())
    assert set(SERVERS.split()) < set(COMPOSE["services"])


def test_images_and_servers_start_first_and_old_data_is_removed(made: list[MakeCall]) -> None:
    environment = ComposeEnvironment()
    environment.prepare()
    environment.up("a clock")
    assert made == [
        ("down-for-good", {}),
        ("up", {"ONLY": SERVERS}),
        ("up", {"CLOCK": "a clock"}),
        ("roster", {}),
    ]


def test_nothing_is_left_of_a_stack_that_does_not_start(made: list[MakeCall]) -> None:
    with pytest.raises(PlatformError):
        ComposeEnvironment().up("broken")
    assert made[-1] == ("down-for-good", {})
