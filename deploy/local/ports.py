"""The port of each process of the local platform, always on 127.0.0.1."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace

HOST = "127.0.0.1"
SERVICES = ("registration", "incidents", "dispatch", "notify")
SERVERS = ("kafka", "kafka_controller", "mongo", "valkey", "zipkin")
CLUSTERED = ("kafka", "kafka_controller", "mongo")
"""Those of SERVERS that can have several members."""
STEP = 10
"""Distance between the ports of the processes of one kind."""


@dataclass(frozen=True)
class Ports:
    """One TCP port per listener; a field is named after the process that owns it.

    `more` are the second, third ... of a kind: `kafka-2`, `mongo-3`, `dispatch-2`. As many run as
    there are ports.
    """

    gateway: int
    envoy_admin: int
    registration: int
    incidents: int
    dispatch: int
    notify: int
    apps: int
    kafka: int
    kafka_controller: int
    mongo: int
    valkey: int
    zipkin: int
    more: tuple[tuple[str, int], ...] = ()

    def items(self) -> list[tuple[str, int]]:
        """(name, port) of every listener, in field order."""
        return [*((name, getattr(self, name)) for name in FIRST), *self.more]

    def all_of(self, kind: str) -> list[tuple[str, int]]:
        """(name, port) of every listener of a kind, in order."""
        return [(name, port) for name, port in self.items() if kind_of(name) == kind]

    def spread(self, members: int = 1, replicas: Mapping[str, int] | None = None) -> "Ports":
        """With `members` brokers and replica set members, and so many `replicas` of each service
        named."""
        more = tuple(
            (name, self.of(kind_of(name)) + STEP * n)
            for name, n in _further(members, replicas or {})
        )
        return replace(self, more=more)

    def of(self, name: str) -> int:
        """The port of the listener `name`. Raises KeyError if there is none."""
        return dict(self.items())[name]


FIRST = tuple(f.name for f in fields(Ports) if f.name != "more")
"""The names of the listeners that every platform has."""


def kind_of(name: str) -> str:
    """The kind of a name: `dispatch` for `dispatch-2`."""
    return name.partition("-")[0]


def is_server(name: str) -> bool:
    """Whether a process or listener is a server, not a service or the gateway."""
    return kind_of(name) in SERVERS


def _further(members: int, replicas: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """(name, how many precede it) of the second, third ... of each kind."""
    counts = dict.fromkeys(CLUSTERED, members) | dict(replicas)
    for kind, count in counts.items():
        yield from ((f"{kind}-{n + 1}", n) for n in range(1, count))


RUN = Ports(
    gateway=8080,
    envoy_admin=8109,
    registration=8101,
    incidents=8102,
    dispatch=8103,
    notify=8104,
    apps=8105,
    kafka=19092,
    kafka_controller=19093,
    mongo=27117,
    valkey=6479,
    zipkin=9411,
)
# The demonstration runs beside `make run`: the same numbers plus 10,000 (Kafka, MongoDB: 1,000).
DEMO = Ports(
    gateway=18080,
    envoy_admin=18109,
    registration=18101,
    incidents=18102,
    dispatch=18103,
    notify=18104,
    apps=18105,
    kafka=20092,
    kafka_controller=20093,
    mongo=28117,
    valkey=16479,
    zipkin=19411,
)


def free_ports(members: int = 1, replicas: Mapping[str, int] | None = None) -> Ports:
    """Ports that are free now, for tests beside a running platform."""
    further = [name for name, _ in _further(members, replicas or {})]
    with ExitStack() as stack:
        numbers: list[int] = []
        for _ in (*FIRST, *further):
            probe = stack.enter_context(socket.socket())
            probe.bind((HOST, 0))
            numbers.append(probe.getsockname()[1])
    return Ports(
        *numbers[: len(FIRST)], more=tuple(zip(further, numbers[len(FIRST) :], strict=True))
    )


def is_taken(port: int) -> bool:
    """Whether 127.0.0.1:port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
