"""The real servers that tests run on: processes of this machine, or containers."""

import os
import shutil
import signal
from typing import Protocol

from deploy.local.platform import Platform
from deploy.local.ports import HOST, Ports, free_ports
from deploy.local.profiles import test_home
from deploy.local.services import addresses

CHOICE = "TEST_BACKEND"


class Backend(Protocol):
    """Kafka, MongoDB as a replica set, Valkey and Zipkin, all on 127.0.0.1 at the ports of
    `ports`."""

    ports: Ports

    def start(self) -> None:
        """Start all four, and wait until each is ready."""
        ...

    def stop(self) -> None:
        """Stop them and remove their data."""
        ...

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Send a signal to `kafka`, `mongo`, `valkey` or `zipkin`. What it ended restarts by
        itself."""
        ...

    def wait_ready(self, name: str) -> float:
        """Wait until a server works; returns the seconds."""
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
        """A direct connection to the only member of the replica set."""
        return addresses(self.ports)["MONGO_URL"]

    @property
    def redis_url(self) -> str:
        """Valkey's database 0."""
        return addresses(self.ports)["REDIS_URL"]

    @property
    def zipkin_url(self) -> str:
        """The trace store, without a slash at the end."""
        return f"http://{HOST}:{self.ports.zipkin}"


class LocalBackend(Addresses):
    """Processes of this machine, as `make run` starts them."""

    def __init__(self) -> None:
        self.ports = free_ports()
        self._platform = Platform(test_home("servers"), self.ports, services=False)

    def start(self) -> None:
        """Under a supervisor of their own."""
        self._platform.up()

    def stop(self) -> None:
        """The logs stay until the next run."""
        self._platform.down()
        shutil.rmtree(self._platform.home / "data", ignore_errors=True)

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        self._platform.kill(name, signal_number)

    def wait_ready(self, name: str) -> float:
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
