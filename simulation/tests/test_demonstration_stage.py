"""The stages: a day on containers begins at its own first hour, however long images and servers
took."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.platform import PlatformError
from simulation.stage import SERVERS, ComposeStage

COMPOSE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docker-compose.yml").read_text("utf-8")
)
ASKED = tuple[str, dict[str, str]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[ASKED]:
    """What was asked of make, in order; `up` fails where a CLOCK is `broken`."""
    asked: list[ASKED] = []

    def make(_: ComposeStage, what: str, **variables: str) -> None:
        asked.append((what, variables))
        if variables.get("CLOCK") == "broken":
            raise PlatformError("make up failed")

    def load(_: ComposeStage) -> None:
        asked.append(("roster", {}))

    monkeypatch.setattr(ComposeStage, "_make", make)
    monkeypatch.setattr(ComposeStage, "_load_roster", load)
    return asked


def test_what_starts_before_the_clock_is_set_does_not_read_it() -> None:
    environments = {
        name: service.get("environment", {}) for name, service in COMPOSE["services"].items()
    }
    readers = {name for name, has in environments.items() if "CLOCK" in str(has)}
    assert readers >= {"registration", "incidents", "dispatch", "notify"}
    assert not readers & set(SERVERS.split())
    assert set(SERVERS.split()) < set(COMPOSE["services"])


def test_images_and_servers_come_first_and_old_data_goes(made: list[ASKED]) -> None:
    stage = ComposeStage()
    stage.prepare()
    stage.up("a clock")
    assert made == [
        ("down-for-good", {}),
        ("up", {"ONLY": SERVERS}),
        ("up", {"CLOCK": "a clock"}),
        ("roster", {}),
    ]


def test_of_a_stack_that_does_not_start_nothing_is_left(made: list[ASKED]) -> None:
    with pytest.raises(PlatformError):
        ComposeStage().up("broken")
    assert made[-1] == ("down-for-good", {})
