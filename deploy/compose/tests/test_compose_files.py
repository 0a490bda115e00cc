"""What the compose stack is made of holds together: no secret in it, no dead figure in alerts and dashboard."""

import json
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import REGISTRY

import chassis.metrics  # noqa: F401  # pyright: ignore[reportUnusedImport] (registers the figures)
from deploy.compose import secrets
from deploy.gateway import plan

HERE = Path(__file__).parents[1]
ROOT = HERE.parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
PUBLISHING = {"gateway", "jaeger", "prometheus", "grafana"}
_SUFFIXES = ("_bucket", "_count", "_sum", "_total")
_FIGURE = re.compile(r"\b[a-z][a-z_]+_(?:seconds|messages|aggregates|total|leader)(?:_bucket|_count|_sum)?\b")


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
        assert "healthcheck" in service or name in plan.SERVICES, name  # the services' is in their image
        assert service["restart"] == ("no" if name == "seed" else "unless-stopped")


def test_our_own_containers_can_change_nothing_and_only_few_are_seen_from_outside() -> None:
    for name, service in COMPOSE["services"].items():
        if service["image"].startswith("quancheng/"):
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"]
        assert ("ports" in service) == (name in PUBLISHING)
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_no_secret_stands_in_the_file() -> None:
    for key in ("FIELD_KEY", "LOOKUP_KEY", "SIGNING_KEY"):
        assert COMPOSE["x-keys"][key].startswith(f"${{{key}:?")
    others = {name: COMPOSE["services"][name]["environment"] for name in ("incidents", "dispatch", "notify")}
    assert others["incidents"].pop("FIELD_KEY").startswith("${INCIDENTS_FIELD_KEY:?")
    for name, environment in others.items():
        assert not {"FIELD_KEY", "LOOKUP_KEY", "SIGNING_KEY"} & set(environment), name


def test_what_the_images_install_is_what_the_project_needs_and_everybody_else_runs() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    installed, everywhere = (_locked(ROOT / name) for name in ("requirements-run.lock", "requirements.lock"))
    names = {re.split(r"[\[<>=~!; ]", dependency)[0].lower() for dependency in wanted}
    assert names <= set(installed), "lock anew: see CONTRIBUTING.md"
    assert installed.items() <= everywhere.items()


def _locked(file: Path) -> dict[str, str]:
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", file.read_text("utf-8"), re.MULTILINE)
    return {name.lower(): version for name, version in pinned}


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    file = secrets.write(tmp_path / "compose.env")
    first = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secrets.write(file).read_text() == first
    assert re.search(r"^FIELD_KEY='[0-9a-f]{64}'$", first, re.MULTILINE)
    assert "SIGNING_KEY='-----BEGIN PRIVATE KEY-----\n" in first


def test_prometheus_looks_for_every_replica_of_every_service() -> None:
    jobs = yaml.safe_load((HERE / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    names = {name for job in jobs for found in job["dns_sd_configs"] for name in found["names"]}
    assert names == {*plan.SERVICES, "gateway"}


def test_grafana_finds_the_dashboard_and_its_figures_where_they_are_mounted() -> None:
    mounts = dict(mount.split(":")[:2] for mount in COMPOSE["services"]["grafana"]["volumes"])
    provisioning = HERE / "grafana" / "provisioning"
    assert mounts["./" + str(provisioning.relative_to(ROOT))] == "/etc/grafana/provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "platform.yml").read_text("utf-8"))["providers"]
    board = Path(mounts["./deploy/compose/grafana/platform.json"])
    assert str(board.parent) == provider["options"]["path"]
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text("utf-8"))["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
