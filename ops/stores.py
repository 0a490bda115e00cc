"""Prepares the compose stack's stores: `python -m ops.stores`, each time before the services start.

The replica set and its users, the topics with their configuration, and who may do what on them.
Runs in MongoDB's network: from localhost, and before there is any user, MongoDB lets the first one
be made.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from pymongo.uri_parser import parse_uri

from chassis.broker.connection import broker
from chassis.broker.topics import ensure_topics
from chassis.settings import Settings
from chassis.tasks.loops import until_available
from contracts.topics import TOPICS
from ops.access import OPERATOR, SERVICES, Acl, kafka_acls

_ALLOW, _ANY_HOST = 3, "*"
_ALREADY = 23  # the replica set is initiated
_UNAUTHENTICATED = frozenset({13, 18})
Client = AsyncMongoClient[dict[str, Any]]


async def prepare_mongo(url: str, made: Path, member: str) -> None:
    """`url`: the operator's; `made`: the folder with the passwords; `member`: the host and port
    under which the services reach it."""
    port, ca = dict[str, Any](parse_uri(url))["nodelist"][0][1], made.parent / "ca.pem"
    here = f"localhost:{port}/?directConnection=true&tls=true&tlsCAFile={ca}&authSource=admin"
    passwords = {user: (made / f"{user}-password").read_text() for user in (OPERATOR, *SERVICES)}
    try:
        async with Client(f"mongodb://{OPERATOR}:{passwords[OPERATOR]}@{here}") as client:
            await _users(client, passwords)
    except OperationFailure as refused:
        if refused.code not in _UNAUTHENTICATED:
            raise
        async with Client(f"mongodb://{here}") as client:
            await _initiate(client, member)
            created = {"createUser": OPERATOR, "pwd": passwords[OPERATOR], "roles": ["root"]}
            await client.admin.command(created)
        await prepare_mongo(url, made, member)


async def _initiate(client: Client, member: str) -> None:
    try:
        members = [{"_id": 0, "host": member}]
        await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
    except OperationFailure as already:
        if already.code != _ALREADY:
            raise
    for _ in range(100):  # it elects itself, in a second
        if (await client.admin.command("hello"))["isWritablePrimary"]:
            return
        await asyncio.sleep(0.2)


async def _users(client: Client, passwords: dict[str, str]) -> None:
    """Each service's user is in its own database, and sees nothing else."""
    for user in SERVICES:
        roles = [{"role": "readWrite", "db": user}]
        known = await client[user].command("usersInfo", user)
        command = "updateUser" if known["users"] else "createUser"
        await client[user].command(command, user, pwd=passwords[user], roles=roles)


async def prepare_kafka(settings: Settings) -> None:
    """As the operator."""
    await ensure_topics(
        settings.kafka_bootstrap,
        TOPICS,
        settings.kafka_partitions,
        settings.kafka_replication,
        (settings.kafka_kept_days, settings.kafka_dead_days),
    )
    admin = AIOKafkaAdminClient(**broker(settings.kafka_bootstrap), request_timeout_ms=10_000)
    await admin.start()
    try:
        for acl in kafka_acls():
            await _allow(admin, acl)
    finally:
        await admin.close()


async def _allow(admin: AIOKafkaAdminClient, acl: Acl) -> None:
    """Twice is once."""
    request = CreateAclsRequest(
        acl.resource,
        acl.name,
        acl.pattern,
        f"User:{acl.user}",
        _ANY_HOST,
        acl.operation,
        _ALLOW,
    )
    answer: Any = await admin._send_to_controller(request)  # pyright: ignore[reportPrivateUsage] - it has no method for it
    for code, message in answer.creation_responses:
        if code:
            raise for_code(code)(message)


async def main() -> None:
    settings = Settings()
    made = Path(os.environ["KEYS"]) / "made"
    member = os.environ.get("MONGO_MEMBER", "mongo:27017")
    await until_available(lambda: prepare_mongo(settings.mongo_url, made, member), "mongo")
    await until_available(lambda: prepare_kafka(settings), "kafka")


if __name__ == "__main__":
    asyncio.run(main())
