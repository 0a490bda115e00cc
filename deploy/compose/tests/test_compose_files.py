"""The compose stack is consistent: limits, read-only containers, no secret in the file, keys where
they belong."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.gateway import plan
from ops import keys
from services.incidents.settings import IncidentsSettings
from services.registration.settings import RegistrationSettings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
ONE_SHOT = {"keys", "seed"}
PUBLISHED = {"gateway", "jaeger", "prometheus", "grafana"}


def test_every_long_running_container_has_limits_and_a_health_check() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        # The services' own health check is in their image.
        assert "healthcheck" in service or name in plan.SERVICES, name
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


def test_our_own_containers_are_read_only_and_few_ports_are_published() -> None:
    for name, service in COMPOSE["services"].items():
        if service["image"].startswith("quancheng/"):
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"]
        assert ("ports" in service) == (name in PUBLISHED)
        # On this machine only, but for the gateway if its operator says so.
        assert all(
            port.startswith(("127.0.0.1:", "${GATEWAY_ADDRESS:-127.0.0.1}:"))
            for port in service.get("ports", [])
        )


def test_no_secret_is_in_the_file() -> None:
    environments: list[dict[str, str]] = [
        service.get("environment", {}) for service in COMPOSE["services"].values()
    ]
    given = {
        value
        for each in environments
        for key, value in each.items()
        if re.search("_KEY|_SECRET|SIGN", key)
    }
    assert {"${FIELD_KEY:-}", "${INCIDENTS_FIELD_KEY:-}", "${ALIYUN_KEY_SECRET:-}"} <= given
    assert all(re.fullmatch(r"\$\{[A-Z_]+:-\}", value) for value in given)


def test_keys_are_mounted_read_only_where_they_are_needed_and_nowhere_else() -> None:
    mounted = {
        (name, volume)
        for name, service in COMPOSE["services"].items()
        for volume in service.get("volumes", [])
        if "keys" in volume
    }
    assert mounted == {
        ("keys", "registration-keys:/keys/registration"),
        ("keys", "incidents-keys:/keys/incidents"),
        ("registration", "registration-keys:/keys/registration:ro"),
        ("seed", "registration-keys:/keys/registration:ro"),
        ("incidents", "incidents-keys:/keys/incidents:ro"),
    }


def test_keys_are_generated_once_owner_only_and_are_what_the_services_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.write_compose_keys(tmp_path)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    first = {file: file.read_text() for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    keys.write_compose_keys(tmp_path)
    assert {file: file.read_text() for file in files} == first
    for name in ("FIELD_KEY", "LOOKUP_KEY"):
        monkeypatch.setenv(name, "")  # as compose passes a variable that is not set
    registration = RegistrationSettings(_secrets_dir=tmp_path / "registration")  # pyright: ignore[reportCallIssue]
    assert not registration.missing()
    assert registration.dev_key
    assert registration.signing_key.startswith("-----BEGIN PRIVATE KEY-----\n")
    incidents = IncidentsSettings(_secrets_dir=tmp_path / "incidents")  # pyright: ignore[reportCallIssue]
    assert re.fullmatch("[0-9a-f]{64}", incidents.field_key)
    assert incidents.field_key != registration.field_key
