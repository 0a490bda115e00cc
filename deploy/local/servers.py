"""The real servers as processes: Apache Kafka, MongoDB, Valkey, Zipkin and Envoy, configured for a
small memory footprint and a quick start."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from deploy.gateway.plan import Limits
from deploy.gateway.render import render_local
from deploy.local import readiness
from deploy.local.binaries import program
from deploy.local.fetch import jars_of
from deploy.local.paths import ROOT
from deploy.local.ports import HOST, Ports
from deploy.local.process import START_SECONDS, Process

HERE = Path(__file__).parent
CLUSTER_ID = "cXVhbmNoZW5nLWxvY2FsMQ"
FORMAT_SECONDS = 60
# Only the C1 compiler and the serial collector: starts in half the time on two cores.
QUICK_JVM = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)

KAFKA_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=6
auto.create.topics.enable=true
# A single broker holds the only copy; of three, two must have what is acknowledged.
default.replication.factor={copies}
min.insync.replicas={min_isr}
offsets.topic.replication.factor={copies}
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={min_isr}
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={min_isr}
# Few internal partitions and threads: quick start, little memory.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=1
num.network.threads=1
num.io.threads=2
background.threads=2
group.coordinator.threads=1
log.cleaner.dedupe.buffer.size=16777216
# After a kill the broker can register again as soon as its old session has expired.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
# A controller at rest writes an empty record so often: each wakes it several times.
metadata.max.idle.interval.ms=5000
# Groups form at once, and a dead member is noticed soon.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.coordinator.append.linger.ms=0
log.retention.hours=168
"""


def kafka(home: Path, cache: Path, ports: Ports) -> list[Process]:
    """Apache Kafka in KRaft mode, each node broker and controller. Formats the storage before the
    first start."""
    names = [name for name, _ in ports.all_of("kafka")]
    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(partial(_broker, home, cache, ports), range(1, len(names) + 1)))


def _broker(home: Path, cache: Path, ports: Ports, node: int) -> Process:
    brokers, controllers = ports.all_of("kafka"), ports.all_of("kafka_controller")
    (name, port), controller = brokers[node - 1], controllers[node - 1][1]
    data = home / "data" / name
    config = home / "conf" / f"{name}.properties"
    voters = ",".join(f"{n}@{HOST}:{voter}" for n, (_, voter) in enumerate(controllers, 1))
    config.write_text(
        KAFKA_PROPERTIES.format(
            host=HOST,
            node=node,
            port=port,
            controller=controller,
            voters=voters,
            data=data.absolute(),
            copies=len(brokers),
            min_isr=max(1, len(brokers) - 1),
        )
    )
    heap = "384m" if len(brokers) == 1 else "256m"
    java = (
        str(program("java")),
        "-Xms96m",
        f"-Xmx{heap}",
        *QUICK_JVM,
        f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
        "-cp",
        f"{jars_of('kafka', cache).absolute()}/*",
    )
    if not (data / "meta.properties").exists():
        _format_storage(
            (*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(config))
        )
    command = (*java, "kafka.Kafka", str(config))
    return Process(
        name,
        command,
        readiness.kafka(port),
        stop_seconds=15,
        ready_seconds=START_SECONDS * len(brokers),
    )


def _format_storage(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=FORMAT_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(
            f"Kafka's storage could not be formatted:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


def mongo(home: Path, ports: Ports) -> list[Process]:
    """mongod as members of a replica set, even a single one: majority writes need it."""
    members = ports.all_of("mongo")
    others = [port for _, port in members[1:]]
    return [
        _member(
            home,
            name,
            port,
            readiness.mongo(port, others, initiates=name == "mongo"),
            0.5 if not others else 0.25,
        )
        for name, port in members
    ]


def _member(home: Path, name: str, port: int, ready: readiness.Check, cache_gb: float) -> Process:
    data = home / "data" / name
    data.mkdir(parents=True, exist_ok=True)
    command = (
        str(program("mongod")),
        "--bind_ip",
        HOST,
        "--port",
        str(port),
        "--dbpath",
        str(data),
        "--replSet",
        readiness.REPLICA_SET,
        "--wiredTigerCacheSizeGB",
        str(cache_gb),
        "--oplogSize",
        "256",
        "--nounixsocket",
        "--quiet",
        "--setParameter",
        "diagnosticDataCollectionEnabled=false",
        # Only where nobody waits: a write that must be in the journal flushes it at once.
        "--journalCommitInterval",
        "500",
    )
    return Process(name, command, ready, stop_seconds=15)


def valkey(home: Path, ports: Ports) -> Process:
    """Valkey. Its data can be rebuilt, so it may lose the last second."""
    data = home / "data" / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    # A process title would overwrite its environment, by which `make stop` finds it.
    command = (
        str(program("valkey-server")),
        "--bind",
        HOST,
        "--port",
        str(ports.valkey),
        "--dir",
        str(data),
        "--set-proc-title",
        "no",
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--save",
        "",
        "--daemonize",
        "no",
    )
    return Process("valkey", command, readiness.valkey(ports.valkey))


def zipkin(cache: Path, ports: Ports) -> Process:
    """Zipkin with traces in memory; the oldest are dropped first."""
    jar = next(jars_of("zipkin", cache).absolute().glob("zipkin-server-*.jar"))
    listener = {"ip": HOST, "port": str(ports.zipkin), "protocols[0]": "http"}
    command = (
        str(program("java")),
        "-Xms64m",
        "-Xmx256m",
        *QUICK_JVM,
        "-jar",
        str(jar),
        *(f"--armeria.ports[0].{key}={value}" for key, value in listener.items()),
        "--zipkin.storage.mem.max-spans=60000",
        "--logging.level.root=WARN",
        "--spring.main.banner-mode=off",
    )
    return Process("zipkin", command, readiness.http(ports.zipkin, "/health"))


def apps(folder: Path, ports: Ports) -> Process:
    """Caddy with the built apps of `folder`."""
    config = ROOT / "deploy" / "apps" / "Caddyfile"
    command = (str(program("caddy")), "run", "--config", str(config), "--adapter", "caddyfile")
    environment = {"APPS_BIND": HOST, "APPS_PORT": str(ports.apps), "APPS_FOLDER": str(folder)}
    # Caddy keeps nothing, and must not ask for a home.
    environment |= {"XDG_DATA_HOME": str(folder.parent), "XDG_CONFIG_HOME": str(folder.parent)}
    return Process("apps", command, readiness.http(ports.apps, "/health/ready"), environment)


def gateway(home: Path, ports: Ports, limits: Limits | None) -> Process:
    """Envoy, configured by `deploy.gateway` for these ports."""
    folder = home / "conf" / "gateway"
    folder.mkdir(parents=True, exist_ok=True)
    config = render_local(ports, folder, limits)
    command = (
        str(program("envoy")),
        "--config-path",
        str(config),
        "--concurrency",
        "1",
        "--log-level",
        "warning",
        "--disable-hot-restart",
        "--drain-time-s",
        "1",
    )
    return Process("gateway", command, readiness.http(ports.envoy_admin, "/ready"))
