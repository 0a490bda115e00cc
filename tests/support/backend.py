"""The real servers that tests run on: processes of this machine, or containers. One interface, two
back-ends."""

import os
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from chassis.clock import Clock
from deploy.local.platform import Platform
from deploy.local.ports import HOST, Ports, free_ports
from deploy.local.profiles import test_home
from deploy.local.services import addresses
from ops.keys import Secrets
from simulation import roster

CHOICE = "TEST_BACKEND"
DOMAIN_START = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)  # 10:00 in Jinan: no night rule applies.
DOMAIN_RATE = 60.0
"""Domain seconds in a real one: a wave's time-out of 60 s is over in 1, and ten minutes' work in
10."""


class Backend(Protocol):
    """Kafka, MongoDB as a replica set, Valkey and Zipkin, all on 127.0.0.1 at the ports of
    `ports`."""

    ports: Ports

    def start(self) -> None:
        """Starts all four and waits until each is ready."""
        ...

    def stop(self) -> None:
        """Ends them; their data is gone."""
        ...

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Sends a signal to `kafka`, `mongo`, `valkey` or `zipkin`; one that it ended starts again
        by itself."""
        ...

    def wait_ready(self, name: str) -> float:
        """Waits until a server works; returns the seconds."""
        ...

    @property
    def kafka_bootstrap(self) -> str: ...

    @property
    def mongo_url(self) -> str: ...

    @property
    def redis_url(self) -> str: ...

    @property
    def zipkin_url(self) -> str: ...


class Addresses:
    """Where the servers of a back-end are, from its ports."""

    ports: Ports

    @property
    def kafka_bootstrap(self) -> str:
        """`host:port` of the broker."""
        return addresses(self.ports)["KAFKA_BOOTSTRAP"]

    @property
    def mongo_url(self) -> str:
        """Connects straight to the only member of the replica set."""
        return addresses(self.ports)["MONGO_URL"]

    @property
    def redis_url(self) -> str:
        """Valkey's database 0."""
        return addresses(self.ports)["REDIS_URL"]

    @property
    def zipkin_url(self) -> str:
        """The trace store's address, without a slash at its end."""
        return f"http://{HOST}:{self.ports.zipkin}"


class LocalBackend(Addresses):
    """The servers as processes of this machine, as `make run` has them."""

    def __init__(self) -> None:
        self.ports = free_ports()
        self._platform = Platform(test_home("servers"), self.ports, services=False)

    def start(self) -> None:
        """Starts them under a supervisor of their own."""
        self._platform.up()

    def stop(self) -> None:
        """Ends them and removes their data; the logs stay until the next run."""
        self._platform.down()
        shutil.rmtree(self._platform.home / "data", ignore_errors=True)

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Sends the signal to the process."""
        self._platform.kill(name, signal_number)

    def wait_ready(self, name: str) -> float:
        """Asks in its own protocol."""
        return self._platform.wait_ready(name)


def backend_by_choice() -> Backend:
    """The back-end that the environment variable TEST_BACKEND names: `local` (default) or
    `containers`."""
    choice = os.environ.get(CHOICE, "local")
    if choice == "local":
        return LocalBackend()
    if choice == "containers":
        from tests.support.containers import ContainerBackend

        return ContainerBackend()
    raise ValueError(f"{CHOICE} is {choice!r}; it may be local or containers")


class WholePlatform:
    """The servers of a back-end with the four services and the gateway, which are always processes
    of this machine."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        clock = f"{DOMAIN_START.isoformat()}@{DOMAIN_RATE:g}@{time.time():.3f}"
        self.clock = Clock(clock)
        """The domain's time, as the services have it."""
        self._own = Platform(test_home("services"), backend.ports, clock, servers=False)
        self.gateway_url = self._own.gateway_url
        self.zipkin_url = backend.zipkin_url
        self.ports = backend.ports

    @property
    def dev_key(self) -> str:
        """What a developer shows to read sign-in codes."""
        return self._own.dev_key

    @property
    def secrets(self) -> Secrets:
        """What a thief would like to have."""
        return self._own.secrets

    @property
    def logs(self) -> Path:
        """The folder with what the services and the gateway write."""
        return self._own.home / "logs"

    def up(self) -> None:
        """Starts the services, then loads the divisions and the demonstration's roster."""
        self._own.up()
        roster.load(self._own)

    def down(self) -> None:
        """Ends the services and the gateway."""
        self._own.down()

    def env_for(self, service: str) -> dict[str, str]:
        """All variables to run something as `service` does."""
        return self._own.env_for(service)

    def run_module(self, module: str, service: str, *arguments: str) -> str:
        """Runs `python -m module` as `service`; returns what it printed."""
        return self._own.run_module(module, service, *arguments)

    def service_url(self, service: str) -> str:
        """The service's own address, with its health and metrics, past the gateway."""
        return f"http://{HOST}:{self.ports.of(service)}"

    def pid(self, name: str) -> int:
        """The process id of a service or of `gateway`."""
        return self._own.pid(name)

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Sends a signal to a service, `gateway` or a server; what it ended starts again by
        itself."""
        (self.backend if self._is_server(name) else self._own).kill(name, signal_number)

    def wait_ready(self, name: str) -> float:
        """Waits until a process does its job; returns the seconds."""
        return (self.backend if self._is_server(name) else self._own).wait_ready(name)

    @staticmethod
    def _is_server(name: str) -> bool:
        return name in ("kafka", "mongo", "valkey", "zipkin")
