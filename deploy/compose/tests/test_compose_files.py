"""What the compose stack is made of holds together: no secret in it, no dead figure in alerts and
dashboard."""

import json
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.gateway import plan
from ops import compose_keys
from services.incidents.settings import IncidentsSettings
from services.registration.settings import RegistrationSettings

HERE = Path(__file__).parents[1]
ROOT = HERE.parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
ENDING = {"keys", "seed"}
PUBLISHING = {"gateway", "jaeger", "prometheus", "grafana"}
_SUFFIXES = ("_bucket", "_count", "_sum", "_total")
_FIGURE = re.compile(
    r"\b[a-z][a-z_]+_(?:seconds|messages|aggregates|total|leader)(?:_bucket|_count|_sum)?\b"
)


def _figures() -> set[str]:
    return {sample.name for metric in REGISTRY.collect() for sample in metric.samples} | {
        metric.name + suffix for metric in REGISTRY.collect() for suffix in ("", *_SUFFIXES)
    }


def _expressions() -> list[str]:
    rules = yaml.safe_load((HERE / "prometheus" / "alerts.yml").read_text("utf-8"))
    board = json.loads((HERE / "grafana" / "platform.json").read_text("utf-8"))
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return alerts + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_alerts_and_dashboard_ask_for_figures_that_exist() -> None:
    asked = {name for expression in _expressions() for name in _FIGURE.findall(expression)}
    assert {"consumer_lag_messages", "relay_backlog_aggregates", "dead_letters_total"} <= asked
    assert not {name for name in asked if not name.startswith("envoy_")} - _figures()


def test_every_lasting_container_has_limits_and_says_whether_it_is_well() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert "healthcheck" in service or name in plan.SERVICES, (
            name
        )  # the services' is in their image
        assert service["restart"] == ("no" if name in ENDING else "unless-stopped")


def test_our_own_containers_can_change_nothing_and_only_few_are_seen_from_outside() -> None:
    for name, service in COMPOSE["services"].items():
        if service["image"].startswith("quancheng/"):
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"]
        assert ("ports" in service) == (name in PUBLISHING)
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_no_secret_stands_in_the_file() -> None:
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


def test_keys_are_mounted_to_be_read_where_they_are_needed_and_nowhere_else() -> None:
    mounted = {
        (name, volume)
        for name, service in COMPOSE["services"].items()
        for volume in service.get("volumes", [])
        if "keys" in volume
    }
    assert mounted == {
        ("keys", "registration-compose_keys:/keys/registration"),
        ("keys", "incidents-compose_keys:/keys/incidents"),
        ("registration", "registration-compose_keys:/keys/registration:ro"),
        ("seed", "registration-compose_keys:/keys/registration:ro"),
        ("incidents", "incidents-compose_keys:/keys/incidents:ro"),
    }


def test_what_the_images_install_is_what_the_project_needs_and_everybody_else_runs() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    installed, everywhere = (
        _locked(ROOT / name) for name in ("requirements-run.lock", "requirements.lock")
    )
    names = {re.split(r"[\[<>=~!; ]", dependency)[0].lower() for dependency in wanted}
    assert names <= set(installed), "lock anew: see CONTRIBUTING.md"
    assert installed.items() <= everywhere.items()


def _locked(file: Path) -> dict[str, str]:
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", file.read_text("utf-8"), re.MULTILINE)
    return {name.lower(): version for name, version in pinned}


def test_keys_are_made_once_for_their_owner_only_and_are_what_the_services_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose_keys.write(tmp_path)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    first = {file: file.read_text() for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    compose_keys.write(tmp_path)
    assert {file: file.read_text() for file in files} == first
    for name in ("FIELD_KEY", "LOOKUP_KEY"):
        monkeypatch.setenv(name, "")  # as compose gives what nobody set
    registration = RegistrationSettings(_secrets_dir=tmp_path / "registration")  # pyright: ignore[reportCallIssue]
    assert not registration.missing()
    assert registration.dev_key
    assert registration.signing_key.startswith("-----BEGIN PRIVATE KEY-----\n")
    incidents = IncidentsSettings(_secrets_dir=tmp_path / "incidents")  # pyright: ignore[reportCallIssue]
    assert re.fullmatch("[0-9a-f]{64}", incidents.field_key)
    assert incidents.field_key != registration.field_key


def test_prometheus_looks_for_every_replica_of_every_service() -> None:
    jobs = yaml.safe_load((HERE / "prometheus" / "prometheus.yml").read_text("utf-8"))[
        "scrape_configs"
    ]
    names = {name for job in jobs for found in job["dns_sd_configs"] for name in found["names"]}
    assert names == {*plan.SERVICES, "gateway"}


def test_grafana_finds_the_dashboard_and_its_figures_where_they_are_mounted() -> None:
    mounts = dict(mount.split(":")[:2] for mount in COMPOSE["services"]["grafana"]["volumes"])
    provisioning = HERE / "grafana" / "provisioning"
    assert mounts["./" + str(provisioning.relative_to(ROOT))] == "/etc/grafana/provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "platform.yml").read_text("utf-8"))[
        "providers"
    ]
    board = Path(mounts["./deploy/observability/grafana/platform.json"])
    assert str(board.parent) == provider["options"]["path"]
    (source,) = yaml.safe_load(
        (provisioning / "datasources" / "prometheus.yml").read_text("utf-8")
    )["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
