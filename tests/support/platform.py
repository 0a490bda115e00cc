"""The platform under test: the four services and the gateway, on real servers."""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from redis import Redis

from chassis.broker.topics import partitions_of
from chassis.clock import Clock
from contracts import topics
from deploy.local.platform import Platform
from deploy.local.ports import HOST, SERVICES
from deploy.local.profiles import test_home
from deploy.local.services import addresses
from ops.keys import Secrets
from simulation import roster
from tests.support.backend import Backend
from tests.support.waiting import eventually

DOMAIN_START = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)  # 10:00 in Jinan: no night rule applies.
DOMAIN_RATE = 60.0
"""Domain seconds in a real one: a wave's time-out of 60 s takes 1 s, ten minutes' work 10 s."""
TOPICS: frozenset[str] = frozenset(topics.TOPICS)
_SERVERS = ("kafka", "mongo", "valkey", "zipkin")


def domain_clock() -> str:
    """The specification of a clock that starts now, at `DOMAIN_START`."""
    return f"{DOMAIN_START.isoformat()}@{DOMAIN_RATE:g}@{time.time():.3f}"


class WholePlatform:
    """On the servers of a back-end. Services and gateway are always processes of this machine."""

    def __init__(self, backend: Backend) -> None:
        spec = domain_clock()
        self.backend, self.ports = backend, backend.ports
        self.clock = Clock(spec)
        """Domain time, as the services have it."""
        self._processes = Platform(test_home("services"), backend.ports, spec, servers=False)

    @property
    def gateway_url(self) -> str:
        return self._processes.gateway_url

    @property
    def zipkin_url(self) -> str:
        return self.backend.zipkin_url

    @property
    def addresses(self) -> dict[str, str]:
        """Where the servers are: MONGO_URL, KAFKA_BOOTSTRAP, REDIS_URL and others."""
        return addresses(self.ports)

    @property
    def dev_key(self) -> str:
        """Lets a developer read sign-in codes."""
        return self._processes.dev_key

    @property
    def secrets(self) -> Secrets:
        return self._processes.secrets

    @property
    def logs(self) -> Path:
        """The folder with the logs of the services and the gateway."""
        return self._processes.home / "logs"

    def up(self) -> None:
        """Start the services, then load the divisions and the demonstration's people."""
        self._require_unused()
        with ThreadPoolExecutor(1) as thread:  # a loop of its own
            thread.submit(asyncio.run, begin_at_the_end(self.backend.kafka_bootstrap)).result()
        self._processes.up()
        roster.load(self._processes)

    def _require_unused(self) -> None:
        """What other tests left would go on: their volunteers on duty are called to reports of
        here, their call-outs call volunteers of here."""
        with MongoClient[dict[str, Any]](self.backend.mongo_url) as mongo:
            left = sorted({*mongo.list_database_names()}.intersection(SERVICES))
        with Redis.from_url(self.backend.redis_url) as valkey:
            left += ["valkey"] if valkey.dbsize() else []
        assert not left, f"tests of a service need databases of their own; they used {left}"

    def down(self) -> None:
        self._processes.down()

    def env_for(self, service: str) -> dict[str, str]:
        """All variables to run something as `service` does."""
        return self._processes.env_for(service)

    def run_module(self, module: str, service: str, *arguments: str) -> str:
        """Run `python -m module` as `service`; returns its output."""
        return self._processes.run_module(module, service, *arguments)

    def service_url(self, service: str) -> str:
        """The service's own address, with its health and metrics, past the gateway."""
        return f"http://{HOST}:{self.ports.of(service)}"

    def pid(self, name: str) -> int:
        """The process id of a service or of `gateway`."""
        return self._processes.pid(name)

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Send a signal to a service, `gateway` or a server. What it ended restarts by itself."""
        (self.backend if name in _SERVERS else self._processes).kill(name, signal_number)

    def wait_ready(self, name: str) -> float:
        """Wait until a process works; returns the seconds."""
        return (self.backend if name in _SERVERS else self._processes).wait_ready(name)


async def begin_at_the_end(bootstrap: str) -> None:
    """Nothing that tests of single services published reaches the platform: their reports would be
    call-outs here, which wait for the volunteers of later tests."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        partitions = await partitions_of(admin, TOPICS)
    finally:
        await admin.close()
    await forget_snapshots(bootstrap)
    for group in (group for name in SERVICES for group in (name, f"{name}-lingering")):
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign(partitions)
            if partitions:
                await consumer.commit(await consumer.end_offsets(partitions))
        finally:
            await consumer.stop()


async def forget_snapshots(bootstrap: str) -> None:
    """What the snapshot topics have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await _empty(admin, await partitions_of(admin, map(topics.state, TOPICS)))
    finally:
        await admin.close()


async def _empty(admin: AIOKafkaAdminClient, snapshots: list[TopicPartition]) -> None:
    """Kafka deletes records only of topics that may lose some; services set that back as they
    start."""
    if not snapshots:
        return
    lossy = {"cleanup.policy": "compact,delete"}
    await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, each.topic, lossy) for each in snapshots]
    )

    async def emptied() -> bool:
        try:
            await admin.delete_records({each: RecordsToDelete(-1) for each in snapshots})
        except KafkaError:  # the broker does not know yet that they may
            return False
        return True

    await eventually(emptied)
