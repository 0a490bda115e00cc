"""Alerts, dashboard and scraping refer to metrics, replicas and mounts that exist."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import REGISTRY

from chassis.telemetry import metrics
from deploy.gateway import plan

HERE = Path(__file__).parents[1]
ROOT = HERE.parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
_SUFFIXES = ("_bucket", "_count", "_sum", "_total")
_METRIC = re.compile(
    r"\b[a-z][a-z_]+_(?:seconds|messages|aggregates|total|shares)(?:_bucket|_count|_sum)?\b"
)


def _metrics() -> set[str]:
    return {sample.name for metric in REGISTRY.collect() for sample in metric.samples} | {
        metric.name + suffix for metric in REGISTRY.collect() for suffix in ("", *_SUFFIXES)
    }


def _expressions() -> list[str]:
    rules = yaml.safe_load((HERE / "prometheus" / "alerts.yml").read_text("utf-8"))
    dashboard = json.loads((HERE / "grafana" / "platform.json").read_text("utf-8"))
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return alerts + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_alerts_and_dashboard_query_metrics_that_exist() -> None:
    queried = {name for expression in _expressions() for name in _METRIC.findall(expression)}
    assert metrics.DEAD_LETTERS  # importing the module registers them all
    assert {"consumer_lag_messages", "relay_backlog_aggregates", "dead_letters_total"} <= queried
    assert not {name for name in queried if not name.startswith("envoy_")} - _metrics()


def test_prometheus_scrapes_every_replica_of_every_service() -> None:
    jobs = yaml.safe_load((HERE / "prometheus" / "prometheus.yml").read_text("utf-8"))[
        "scrape_configs"
    ]
    names = {name for job in jobs for found in job["dns_sd_configs"] for name in found["names"]}
    assert names == {*plan.SERVICES, "gateway"}


def test_what_the_compose_stack_mounts_is_there() -> None:
    for service in ("prometheus", "grafana"):
        mounts = [mount.split(":")[0] for mount in COMPOSE["services"][service]["volumes"]]
        folders = [mount for mount in mounts if mount.startswith("./")]
        assert folders
        assert all((ROOT / folder).exists() for folder in folders)


def test_grafana_finds_the_dashboard_and_its_data_where_they_are_mounted() -> None:
    mounts = dict(mount.split(":")[:2] for mount in COMPOSE["services"]["grafana"]["volumes"])
    provisioning = HERE / "grafana" / "provisioning"
    assert mounts["./" + str(provisioning.relative_to(ROOT))] == "/etc/grafana/provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "platform.yml").read_text("utf-8"))[
        "providers"
    ]
    dashboard = Path(mounts["./deploy/observability/grafana/platform.json"])
    assert str(dashboard.parent) == provider["options"]["path"]
    (source,) = yaml.safe_load(
        (provisioning / "datasources" / "prometheus.yml").read_text("utf-8")
    )["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
