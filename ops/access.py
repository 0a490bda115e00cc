"""What each service may see in the stores: its own database, its topics, its keys. The compose
stack enforces it (`ops.store_keys`, `ops.stores`); a test compares it with what the services are
wired to."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from contracts.topics import DISPATCH, INCIDENTS, NOTIFY, REGISTRATION, dead, state

OPERATOR = "operator"
"""May do everything, in every store: creates topics and users, replays dead letters."""


@dataclass(frozen=True)
class Access:
    """`keys` and `channels` are patterns of Valkey; a service without has no user there."""

    publishes: str
    reads: tuple[str, ...]
    keys: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


SERVICES: Mapping[str, Access] = {
    "registration": Access(REGISTRATION, (REGISTRATION, INCIDENTS)),
    "incidents": Access(INCIDENTS, (REGISTRATION, DISPATCH)),
    "dispatch": Access(DISPATCH, (REGISTRATION, INCIDENTS, DISPATCH), keys=("dispatch:*",)),
    "notify": Access(
        NOTIFY,
        (REGISTRATION, INCIDENTS, DISPATCH),
        keys=("live:*",),
        channels=("live", "live-ended"),
    ),
}


class Resource(IntEnum):
    """Kinds of resources, as Kafka's protocol numbers them."""

    TOPIC = 2
    GROUP = 3


class Operation(IntEnum):
    """As Kafka's protocol numbers them."""

    READ = 3
    WRITE = 4
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10


LITERAL, PREFIXED = 3, 4
"""How Kafka matches a resource's name."""


@dataclass(frozen=True)
class Acl:
    """A user may do this."""

    user: str
    resource: Resource
    name: str
    operation: Operation
    pattern: int = LITERAL


def kafka_acls() -> Iterator[Acl]:
    """All that the services may do. Everybody may see which topics there are and how they are
    configured, not what is on them."""
    for user, access in SERVICES.items():
        writes = {access.publishes, state(access.publishes), *map(dead, access.reads)}
        reads = {*access.reads, *map(state, access.reads)}
        for name in sorted(writes):
            yield Acl(user, Resource.TOPIC, name, Operation.WRITE)
        for name in sorted(reads):
            yield Acl(user, Resource.TOPIC, name, Operation.READ)
        yield Acl(user, Resource.TOPIC, "*", Operation.DESCRIBE)
        yield Acl(user, Resource.TOPIC, "*", Operation.DESCRIBE_CONFIGS)
        yield Acl(user, Resource.GROUP, user, Operation.READ, PREFIXED)


def jaas(passwords: Mapping[str, str]) -> str:
    """Kafka's users, for SASL PLAIN; the broker itself is the operator."""
    users = "\n".join(f'  user_{user}="{password}"' for user, password in passwords.items())
    return (
        "KafkaServer {\n"
        "  org.apache.kafka.common.security.plain.PlainLoginModule required\n"
        f'  username="{OPERATOR}"\n'
        f'  password="{passwords[OPERATOR]}"\n'
        f"{users};\n"
        "};\n"
    )


def valkey_users(passwords: Mapping[str, str]) -> str:
    """Valkey's users with the hashes of their passwords. Without a password one may ask whether it
    lives."""
    lines = [
        "user default on nopass resetkeys resetchannels -@all +ping",
        f"user {OPERATOR} on #{_sha256(passwords[OPERATOR])} ~* &* +@all",
    ]
    for user, access in SERVICES.items():
        if access.keys:
            keys = " ".join(f"~{pattern}" for pattern in access.keys)
            channels = " ".join(f"&{pattern}" for pattern in access.channels)
            rights = f"resetchannels {channels} +@all -@admin -@dangerous"
            lines.append(f"user {user} on #{_sha256(passwords[user])} {keys} {rights}")
    return "\n".join(" ".join(line.split()) for line in lines) + "\n"


def _sha256(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
