"""Which port each process of the local platform listens on, always on 127.0.0.1."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass, fields

HOST = "127.0.0.1"
SERVICES = ("registration", "incidents", "dispatch", "notify")


@dataclass(frozen=True)
class Ports:
    """One TCP port for each listener; the name of a field is the name of the process that owns it."""

    gateway: int
    envoy_admin: int
    registration: int
    incidents: int
    dispatch: int
    notify: int
    kafka: int
    kafka_controller: int
    mongo: int
    valkey: int
    zipkin: int

    def items(self) -> list[tuple[str, int]]:
        """(name, port) of every listener, in the order of the fields."""
        return [(f.name, getattr(self, f.name)) for f in fields(self)]

    def of(self, name: str) -> int:
        """The port of the listener `name`; KeyError if there is none."""
        return dict(self.items())[name]


RUN = Ports(
    gateway=8080,
    envoy_admin=8109,
    registration=8101,
    incidents=8102,
    dispatch=8103,
    notify=8104,
    kafka=19092,
    kafka_controller=19093,
    mongo=27117,
    valkey=6479,
    zipkin=9411,
)
# The demonstration runs beside `make run`: the same numbers, each moved by 10,000 (Kafka and Mongo by 1,000).
DEMO = Ports(
    gateway=18080,
    envoy_admin=18109,
    registration=18101,
    incidents=18102,
    dispatch=18103,
    notify=18104,
    kafka=20092,
    kafka_controller=20093,
    mongo=28117,
    valkey=16479,
    zipkin=19411,
)


def free_ports() -> Ports:
    """Ports that nobody listens on now, for tests that run beside a running platform."""
    with ExitStack() as stack:
        numbers: list[int] = []
        for _ in fields(Ports):
            probe = stack.enter_context(socket.socket())
            probe.bind((HOST, 0))
            numbers.append(probe.getsockname()[1])
    return Ports(*numbers)


def is_taken(port: int) -> bool:
    """Whether somebody already listens on 127.0.0.1:port (or holds it)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def taken(ports: Ports) -> list[tuple[str, int]]:
    """The listeners of `ports` whose port is held by somebody else."""
    return [(name, port) for name, port in ports.items() if is_taken(port)]
