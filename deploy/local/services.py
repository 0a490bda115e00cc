"""The four services as processes, configured by environment variables only."""

import os
import sys
from collections.abc import Mapping

from deploy.local import readiness
from deploy.local.ports import HOST, SERVICES, Ports, kind_of
from deploy.local.process import START_SECONDS, Process
from ops.keys import Secrets

SERVICE_VARIABLES = frozenset(
    (
        "HTTP_HOST",
        "HTTP_PORT",
        "MONGO_URL",
        "KAFKA_BOOTSTRAP",
        "KAFKA_REPLICATION",
        "KAFKA_PARTITIONS",
        "REDIS_URL",
        "JWKS_URL",
        "FIELD_KEY",
        "LOOKUP_KEY",
        "SIGNING_KEY",
        "SIGNING_KEY_FILE",
        "DEV_KEY",
        "SMS",
        "CLOCK",
        "LOG_LEVEL",
        "UNLIMITED_NETWORKS",
    )
)
"""Variables that the services read; only this package sets them."""


def addresses(ports: Ports) -> dict[str, str]:
    """The servers' addresses, as the services' environment variables."""
    members = [f"{HOST}:{port}" for _, port in ports.all_of("mongo")]
    option = "directConnection=true" if len(members) == 1 else f"replicaSet={readiness.REPLICA_SET}"
    return {
        "MONGO_URL": f"mongodb://{','.join(members)}/?{option}",
        "KAFKA_BOOTSTRAP": ",".join(f"{HOST}:{port}" for _, port in ports.all_of("kafka")),
        "REDIS_URL": f"redis://{HOST}:{ports.valkey}/0",
        "JWKS_URL": f"http://{HOST}:{ports.registration}/.well-known/jwks.json",
        "OTEL_TRACES_EXPORTER": "zipkin_json",
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"http://{HOST}:{ports.zipkin}/api/v2/spans",
    }


def environment(
    name: str, ports: Ports, secrets: Secrets, clock: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """The variables of one process. Only registration gets the keys to sign tokens and to decrypt
    personal data."""
    service = kind_of(name)
    own = {
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(ports.of(name)),
        "KAFKA_REPLICATION": str(len(ports.all_of("kafka"))),
        "OTEL_SERVICE_NAME": service,
        "DEV_KEY": secrets.dev_key,
        "CLOCK": clock,
        # Everybody has this address here; tests of the limits come from others.
        "UNLIMITED_NETWORKS": f"{HOST}/32",
        # A proxy of the shell does not apply to the platform's own addresses.
        "NO_PROXY": f"{HOST},localhost",
        "PYTHONUNBUFFERED": "1",
    }
    if service == "registration":
        own |= {
            "SIGNING_KEY_FILE": str(secrets.signing_key_file.absolute()),
            "FIELD_KEY": secrets.field_key,
            "LOOKUP_KEY": secrets.lookup_key,
            "SMS": "local",
        }
    elif service == "incidents":
        own["FIELD_KEY"] = secrets.incidents_field_key
    return {**addresses(ports), **own, **extra}


def command(service: str) -> tuple[str, ...]:
    """How a process of a service is started."""
    return sys.executable, "-m", f"services.{service}.main"


def processes(
    ports: Ports, secrets: Secrets, clock: str = "", extra: Mapping[str, str] | None = None
) -> list[Process]:
    """All replicas of all services."""
    return [
        Process(
            name,
            command(service),
            readiness.http(port, "/health/ready"),
            environment(name, ports, secrets, clock, extra or {}),
            stop_seconds=15,
            ready_seconds=START_SECONDS * len(ports.all_of(service)),
        )
        for service in SERVICES
        for name, port in ports.all_of(service)
    ]


def bare_environment() -> dict[str, str]:
    """This shell's variables without those that configure a service."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in SERVICE_VARIABLES and not name.startswith(("OTEL_", "PYTEST_"))
    }
