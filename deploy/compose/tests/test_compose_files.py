"""The compose stack is consistent: limits, read-only containers, no secret in the file, keys where
they belong."""

import re
import stat
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.service import Service
from contracts.topics import dead, state
from deploy.gateway import plan
from ops import keys
from ops.access import SERVICES, Operation, Resource, kafka_acls
from ops.store_keys import STORES
from services.incidents.settings import IncidentsSettings
from services.registration.settings import RegistrationSettings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
ONE_SHOT = {"keys", "stores", "seed", "ops"}
TAKE_OVER = {"mongo", "valkey"}
TLS = "${TLS_FOLDER:-no-tls}:/etc/envoy/tls:ro"
PUBLISHED = {"gateway", "jaeger", "prometheus", "grafana"}


def test_every_long_running_container_has_limits_and_a_health_check() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        # The services' own health check is in their image.
        assert "healthcheck" in service or name in plan.SERVICES, name
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


def test_every_container_is_read_only_without_capabilities_and_gains_none() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "pid", "ipc", "devices", "userns_mode"} & service.keys(), name
        assert service.get("network_mode", "none") in {"none", "service:mongo"}, name
        # Entry points of these take over the data's folder, and give the capabilities up with root.
        taken = {"CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"} if name in TAKE_OVER else set[str]()
        assert {*service.get("cap_add", ())} == taken, name


def test_what_is_written_is_a_volume_or_memory_with_a_bound() -> None:
    for name, service in COMPOSE["services"].items():
        assert all("size=" in each for each in service["tmpfs"]), name
        # Programs are loaded from memory only where a published image unpacks them.
        loads = [each for each in service["tmpfs"] if "exec" in each.split(",")]
        assert loads == (["/tmp:size=64m,mode=1777,exec"] if name == "kafka" else [])
        for volume in service.get("volumes", []):
            writes = not volume.endswith(":ro")
            own = name in {*STORES, "prometheus", "keys"} and not volume.startswith(".")
            assert not writes or own, f"{name} writes {volume}"


def test_nothing_of_the_machine_is_mounted_but_files_of_this_folder_and_the_certificates() -> None:
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0] if not volume.startswith("${") else volume
            allowed = source in COMPOSE["volumes"] or source.startswith("./deploy/")
            assert allowed or (name, volume) == ("gateway", TLS), f"{name} mounts {volume}"


def test_few_ports_are_published() -> None:
    for name, service in COMPOSE["services"].items():
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
        if re.search("_KEY(?!STORE)|_SECRET|SIGN|PASSWORD", key)
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
    own = {(s, f"{s}-keys:/keys/{s}:ro") for s in plan.SERVICES}
    stores = {(s, f"{s}-keys:/keys:ro") for s in STORES}
    made = {("keys", f"{s}-keys:/keys/{s}") for s in ("operator", *plan.SERVICES, *STORES)}
    operator = {(s, "operator-keys:/keys/operator:ro") for s in ("stores", "ops")}
    seed = {("seed", "registration-keys:/keys/registration:ro")}
    assert mounted == own | stores | made | operator | seed


def test_what_each_user_may_see_is_what_its_service_is_wired_to() -> None:
    for name, access in SERVICES.items():
        service: Service = import_module(f"services.{name}.main").service
        assert {*access.reads} == {*service.subscriptions.topics}, name
        assert access.publishes == f"{name}.events"
    assert {*SERVICES} == {*plan.SERVICES}


def test_a_service_reads_and_writes_no_topic_beyond_its_own() -> None:
    for acl in kafka_acls():
        access = SERVICES[acl.user]
        if acl.operation is Operation.WRITE:
            own = {access.publishes, state(access.publishes)}
            assert acl.name in own | {dead(topic) for topic in access.reads}
        elif acl.resource is Resource.TOPIC and acl.operation is Operation.READ:
            assert acl.name in {*access.reads, *map(state, access.reads)}


def test_stores_ask_for_credentials_and_encrypt_without_any_setting() -> None:
    kafka, mongo, valkey = (COMPOSE["services"][store] for store in STORES)
    assert kafka["environment"]["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] == (
        "CONTROLLER:SASL_PLAINTEXT,CLIENTS:SASL_SSL"
    )
    assert kafka["environment"]["KAFKA_LISTENERS"].endswith("CONTROLLER://localhost:9093")
    assert "StandardAuthorizer" in kafka["environment"]["KAFKA_AUTHORIZER_CLASS_NAME"]
    assert "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND" not in kafka["environment"]
    assert {"--auth", "--tlsMode=requireTLS"} <= {*mongo["command"]}
    assert {"--port 0", "--aclfile /keys/users.acl"} <= {*valkey["command"]}


def test_the_demonstration_is_off_and_nobody_reads_codes_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = COMPOSE["services"]["registration"]["environment"]
    assert environment["SMS"] == "${SMS:-${DEMONSTRATION:+local}}"
    assert COMPOSE["services"]["dispatch"]["environment"]["CLOCK"] == "${DEMONSTRATION:+${CLOCK:-}}"
    monkeypatch.delenv("SMS", raising=False)
    assert any("SMS" in name for name in RegistrationSettings(_env_file=None).missing())  # pyright: ignore[reportCallIssue]


def test_only_the_proxy_of_text_messages_leads_out_and_only_to_one_host() -> None:
    both = [n for n, s in COMPOSE["services"].items() if "outside" in s.get("networks", ())]
    ours = {n for n in both if "ports" not in COMPOSE["services"][n]}
    assert ours == {"sms-egress"}
    assert COMPOSE["services"]["sms-egress"]["profiles"] == ["sms"]
    text = (ROOT / "deploy/compose/egress.yaml").read_text("utf-8")
    assert re.findall(r"domains: (.*)", text) == ['["dysmsapi.aliyuncs.com:443"]']


def test_keys_are_generated_once_owner_only_and_are_what_the_services_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.write_compose_keys(tmp_path)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    first = {file: file.read_text() for file in files}
    for file in files:
        stores_read_it = file.parent.name in STORES
        assert stat.S_IMODE(file.stat().st_mode) == (0o644 if stores_read_it else 0o600), file
    keys.write_compose_keys(tmp_path)
    assert {file: file.read_text() for file in files} == first
    for name in ("FIELD_KEY", "LOOKUP_KEY"):
        monkeypatch.setenv(name, "")  # as compose passes a variable that is not set
    monkeypatch.setenv("SMS", "local")
    registration = RegistrationSettings(_secrets_dir=tmp_path / "registration")  # pyright: ignore[reportCallIssue]
    assert not registration.missing()
    assert registration.dev_key
    assert registration.signing_key.startswith("-----BEGIN PRIVATE KEY-----\n")
    incidents = IncidentsSettings(_secrets_dir=tmp_path / "incidents")  # pyright: ignore[reportCallIssue]
    assert re.fullmatch("[0-9a-f]{64}", incidents.field_key)
    assert incidents.field_key != registration.field_key
