"""The real servers of this machine, with the credentials that `ops.keys` makes for compose: each
service does its work and is refused at what is another's.

Valkey of this machine cannot encrypt, so its users are tried without; MongoDB here is 6.0, in
compose 8.0.
"""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from chassis.broker.connection import broker
from chassis.settings import Settings
from contracts.topics import DISPATCH, NOTIFY, REGISTRATION, state
from deploy.local.binaries import program
from deploy.local.fetch import jars_of
from deploy.local.paths import STATE
from deploy.local.ports import free_ports
from ops.store_keys import Addresses, write_store_keys
from ops.stores import prepare_kafka, prepare_mongo
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers]
KAFKA = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:{controller}
controller.listener.names=CONTROLLER
listeners=CLIENTS://localhost:{port},CONTROLLER://localhost:{controller}
advertised.listeners=CLIENTS://localhost:{port}
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,CLIENTS:SASL_SSL
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
ssl.keystore.type=PEM
ssl.keystore.location={keys}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={keys}/ca.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:operator
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
"""


@dataclass(frozen=True)
class Stores:
    keys: Path

    def of(self, user: str) -> Settings:
        return Settings(_secrets_dir=self.keys / user)  # pyright: ignore[reportCallIssue]


@pytest.fixture(scope="module")
async def stores(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home, ports = tmp_path_factory.mktemp("stores"), free_ports()
    keys = home / "keys"
    addresses = Addresses(
        f"localhost:{ports.kafka}",
        f"localhost:{ports.mongo}",
        f"localhost:{ports.valkey}",
        str(keys),
        tls=False,
    )
    write_store_keys(keys, addresses)
    found = Stores(keys)
    with (
        _running(home, "mongo", *_mongod(home, keys, ports.mongo)),
        _running(home, "valkey", *_valkey(home, keys, ports.valkey)),
        _running(home, "kafka", *_kafka(home, keys, ports.kafka, ports.kafka_controller)),
    ):
        operator, made = found.of("operator"), keys / "operator" / "made"

        async def mongo_is_prepared() -> bool:
            with suppress(Exception):
                await prepare_mongo(operator.mongo_url, made, f"localhost:{ports.mongo}")
                return True
            return False

        async def kafka_is_prepared() -> bool:
            with suppress(KafkaError, OSError):
                await prepare_kafka(operator)
                return True
            return False

        await eventually(mongo_is_prepared, within=60)
        await eventually(kafka_is_prepared, within=60)
        await prepare_mongo(
            operator.mongo_url, made, f"localhost:{ports.mongo}"
        )  # as at each start
        yield found
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _running(home: Path, name: str, *command: str) -> Generator[None]:
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=home)
        try:
            yield
        finally:
            process.kill()
            process.wait()


def _mongod(home: Path, keys: Path, port: int) -> tuple[str, ...]:
    (home / "mongo").mkdir()
    return (
        str(program("mongod")),
        f"--port={port}",
        f"--dbpath={home / 'mongo'}",
        "--replSet=rs0",
        "--bind_ip=localhost",
        "--auth",
        "--clusterAuthMode=x509",
        "--tlsMode=requireTLS",
        f"--tlsCertificateKeyFile={keys}/mongo/server.pem",
        f"--tlsCAFile={keys}/mongo/ca.pem",
        "--tlsAllowConnectionsWithoutCertificates",
        "--wiredTigerCacheSizeGB=0.25",
    )


def _valkey(home: Path, keys: Path, port: int) -> tuple[str, ...]:
    return (
        str(program("valkey-server")),
        f"--port {port}",
        f"--dir {home}",
        f"--aclfile {keys}/valkey/users.acl",
    )


def _kafka(home: Path, keys: Path, port: int, controller: int) -> tuple[str, ...]:
    config = home / "kafka.properties"
    data, kafka = home / "kafka", keys / "kafka"
    config.write_text(KAFKA.format(port=port, controller=controller, keys=kafka, data=data))
    java = (
        str(program("java")),
        "-Xmx384m",
        f"-Djava.security.auth.login.config={kafka}/jaas.conf",
        "-cp",
        f"{jars_of('kafka', STATE / 'servers').absolute()}/*",
    )
    form = (*java, "kafka.tools.StorageTool", "format", "-t", "5L6g3nShT-eMCtK--X86sw")
    subprocess.run((*form, "-c", str(config)), check=True, capture_output=True)
    return (*java, "kafka.Kafka", str(config))


async def test_a_service_uses_its_own_database_and_no_other(stores: Stores) -> None:
    client: AsyncMongoClient[dict[str, Any]]
    async with AsyncMongoClient(stores.of("dispatch").mongo_url) as client:
        await client["dispatch"]["tried"].insert_one({"_id": 1})
        await client["dispatch"]["tried"].create_index("n")
        for database in ("registration", "incidents", "admin", "local"):
            with pytest.raises(OperationFailure):
                await client[database]["accounts"].find_one({})
        with pytest.raises(OperationFailure):
            await client["incidents"]["reports"].insert_one({})


async def test_nobody_reads_a_database_without_a_password(stores: Stores) -> None:
    url = _without_login(stores.of("dispatch").mongo_url).replace("&authSource=dispatch", "")
    async with AsyncMongoClient[dict[str, Any]](url) as client:
        with pytest.raises(OperationFailure):
            await client["dispatch"]["tried"].find_one({})


async def test_a_service_publishes_on_its_own_topic_and_no_other(stores: Stores) -> None:
    producer = AIOKafkaProducer(
        **broker(stores.of("dispatch").kafka_bootstrap), enable_idempotence=True
    )
    await producer.start()
    try:
        await producer.send_and_wait(DISPATCH, b"{}")
        await producer.send_and_wait(state(DISPATCH), b"{}", key=b"duty/acc_1")
        for topic in (REGISTRATION, NOTIFY, state(REGISTRATION)):
            with pytest.raises(KafkaError):
                await producer.send_and_wait(topic, b"{}")
    finally:
        await producer.stop()


async def test_a_service_reads_what_it_subscribes_to_and_nothing_else(stores: Stores) -> None:
    consumer = AIOKafkaConsumer(
        **broker(stores.of("dispatch").kafka_bootstrap),
        group_id="dispatch",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(REGISTRATION, 0)])
        await consumer.getmany(timeout_ms=500)
        consumer.assign([TopicPartition(NOTIFY, 0)])
        with pytest.raises(KafkaError):
            await _fetch(consumer)
    finally:
        await consumer.stop()


async def test_nobody_joins_the_group_of_another(stores: Stores) -> None:
    consumer = AIOKafkaConsumer(
        REGISTRATION, **broker(stores.of("dispatch").kafka_bootstrap), group_id="notify"
    )
    try:
        with pytest.raises(KafkaError):
            await _join(consumer)
    finally:
        await consumer.stop()


async def _fetch(consumer: AIOKafkaConsumer) -> None:
    """The refusal comes with one of the first."""
    for _ in range(20):
        await consumer.getmany(timeout_ms=500)


async def _join(consumer: AIOKafkaConsumer) -> None:
    await consumer.start()
    await consumer.getone()


async def test_a_service_uses_its_own_keys_and_no_others(stores: Stores) -> None:
    async with Redis.from_url(stores.of("dispatch").redis_url) as valkey:
        await valkey.sadd("dispatch:on_duty", "acc_1")
        assert await valkey.eval("return redis.call('SCARD', KEYS[1])", 1, "dispatch:on_duty") == 1
        with pytest.raises(NoPermissionError):
            await valkey.xrange("live:acc_1")
        with pytest.raises(NoPermissionError):
            await valkey.flushall()
    async with Redis.from_url(stores.of("notify").redis_url) as valkey:
        await valkey.publish("live", "x")
        with pytest.raises(NoPermissionError):
            await valkey.smembers("dispatch:on_duty")
    async with Redis.from_url(_without_login(stores.of("notify").redis_url)) as nobody:
        assert await nobody.ping()
        with pytest.raises(NoPermissionError):
            await nobody.get("live:acc_1")


def _without_login(url: str) -> str:
    scheme, _, rest = url.partition("//")
    return f"{scheme}//{rest.rpartition('@')[2]}"
