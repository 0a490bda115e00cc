"""The same servers as containers, for a machine whose Docker engine has the images."""

import os
import signal
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from deploy.local import readiness
from deploy.local.ports import HOST, free_ports
from deploy.local.readiness import Check, wait_until
from tests.support.backend import Addresses

READY_SECONDS = 90.0
IMAGES = {
    "kafka": "apache/kafka:4.1.1",
    "mongo": "mongo:6.0",
    "valkey": "valkey/valkey:8.1",
    "zipkin": "openzipkin/zipkin:3.5",
}


class ContainerBackend(Addresses):
    """Each server publishes a port on 127.0.0.1 that is chosen beforehand, so that Kafka and the
    replica set can advertise it."""

    def __init__(self) -> None:
        # `stop` and the engine's --rm make the reaper's image unnecessary.
        os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
        self.ports = free_ports()
        self._containers: dict[str, DockerContainer] = {
            "kafka": _kafka(self.ports.kafka),
            "mongo": _mongo(self.ports.mongo),
            "valkey": _published(IMAGES["valkey"], 6379, self.ports.valkey),
            "zipkin": _published(IMAGES["zipkin"], 9411, self.ports.zipkin),
        }
        self._checks: dict[str, Check] = {
            "kafka": readiness.kafka(self.ports.kafka),
            "mongo": readiness.mongo(self.ports.mongo),
            "valkey": readiness.valkey(self.ports.valkey),
            "zipkin": readiness.http(self.ports.zipkin, "/health"),
        }

    def start(self) -> None:
        """Raises RuntimeError if no engine answers or it lacks an image."""
        _refuse_missing()
        try:
            for container in self._containers.values():
                container.with_kwargs(restart_policy={"Name": "always"}).start()
            for name in self._containers:
                self.wait_ready(name)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Remove the containers with their data."""
        for container in self._containers.values():
            if _of(container) is not None:
                container.stop()

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """SIGSTOP and SIGCONT pause and unpause the container."""
        wrapped: Any = _of(self._containers[name])
        calls: dict[int, Callable[[], Any]] = {
            signal.SIGSTOP: wrapped.pause,
            signal.SIGCONT: wrapped.unpause,
        }
        if signal_number in calls:
            calls[signal_number]()
            return
        wrapped.kill(signal_number)
        # The engine does not restart a container that was killed by hand.
        wrapped.wait()
        wrapped.start()

    def wait_ready(self, name: str) -> float:
        return wait_until(self._checks[name], READY_SECONDS, lambda: None)


def _of(container: DockerContainer) -> Any:
    try:
        return container.get_wrapped_container()
    except Exception:
        return None


def _published(image: str, inside: int, outside: int) -> DockerContainer:
    container = DockerContainer(image)
    ports: Any = container.ports
    # On this machine only: these servers ask for no password.
    ports[f"{inside}/tcp"] = (HOST, outside)
    return container


def _kafka(port: int) -> DockerContainer:
    container = _published(IMAGES["kafka"], port, port)
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "BROKER_SESSION_TIMEOUT_MS": "3000",
        "BROKER_HEARTBEAT_INTERVAL_MS": "500",
    }
    for name, value in settings.items():
        container.with_env(f"KAFKA_{name}", value)
    return container.with_env("KAFKA_HEAP_OPTS", "-Xmx384m")


def _mongo(port: int) -> DockerContainer:
    # The same port inside and outside: the member must reach itself by its name in the set.
    command = (
        f"mongod --replSet {readiness.REPLICA_SET} --bind_ip_all --port {port} "
        f"--wiredTigerCacheSizeGB 0.5"
    )
    return _published(IMAGES["mongo"], port, port).with_command(command)


def _refuse_missing() -> None:
    try:
        client = docker.from_env(timeout=20)
        client.ping()
    except DockerException as reason:
        raise RuntimeError(
            "TEST_BACKEND=containers needs a Docker engine; none answers."
        ) from reason
    have = {tag for image in client.images.list() for tag in image.tags}
    lacking = sorted(set(IMAGES.values()) - have)
    client.close()
    if lacking:
        raise RuntimeError(
            f"The Docker engine lacks these images: {', '.join(lacking)}; docker pull them first."
        )
