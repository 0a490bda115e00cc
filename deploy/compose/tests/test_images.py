"""An image contains what its service needs, and nothing else. `make lock` writes the lock files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose.tests.packages import (
    LOADED_BY_NAME,
    ROOT,
    declared,
    imported,
    locked,
    modules_of,
    names_of,
    needed,
)
from deploy.gateway.plan import SERVICES

LOCKS = ROOT / "deploy" / "compose" / "locks"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
COPY = re.compile(r"^COPY (?!--from)(\S+) \S+$", re.MULTILINE)


def _modules(service: str) -> set[Path]:
    """Those of the service itself, and of the commands that are run in its image."""
    commands = [
        container["command"][2]
        for container in COMPOSE["services"].values()
        if container["image"] == f"quancheng/{service}" and "command" in container
    ]
    return modules_of(f"services.{service}.main", "ops.dead_letters", *commands)


@pytest.mark.parametrize("service", SERVICES)
def test_the_lock_has_every_package_that_the_service_imports(service: str) -> None:
    missing = imported(_modules(service)) - locked(LOCKS / f"{service}.lock").keys()
    assert not missing, f"declare them in pyproject.toml for {service}, then `make lock`"


@pytest.mark.parametrize("service", SERVICES)
def test_no_package_is_declared_that_the_service_does_not_import(service: str) -> None:
    used = imported(_modules(service)) | LOADED_BY_NAME.keys()
    assert names_of(declared(service)) <= used


@pytest.mark.parametrize("service", SERVICES)
def test_the_lock_is_what_the_declared_packages_need(service: str) -> None:
    names = locked(LOCKS / f"{service}.lock").keys()
    assert needed(declared(service), everywhere=False) <= names, "`make lock`"
    assert names <= needed(declared(service), everywhere=True), "`make lock`"


@pytest.mark.parametrize("service", SERVICES)
def test_images_have_the_versions_that_are_tested(service: str) -> None:
    tested = locked(ROOT / "requirements.lock")
    image = locked(LOCKS / f"{service}.lock")
    assert image == {name: tested[name] for name in image}


def test_an_image_contains_one_service_and_no_invented_person() -> None:
    copied = COPY.findall((ROOT / "deploy/compose/Dockerfile").read_text("utf-8"))
    assert {source for source in copied if not source.endswith(".lock")} == {
        "jinan",
        "contracts",
        "chassis",
        "ops",
        "services/__init__.py",
        "services/${SERVICE}",
    }
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert allowed[0] == "*"
    assert not [line for line in allowed if re.match("!(simulation|tests|bench)", line)]
