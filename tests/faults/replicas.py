"""One replica of a service, addressed past the gateway."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.outbox.shares import SHARES
from deploy.local.ports import HOST
from tests.faults.platform import FaultPlatform
from tests.support.client import Api, Person


def names(platform: FaultPlatform, service: str) -> list[str]:
    """Of all replicas of a service."""
    return [name for name, _ in platform.ports.all_of(service)]


@asynccontextmanager
async def client_of(platform: FaultPlatform, name: str) -> AsyncGenerator[Api]:
    """The replica in the gateway's place."""
    api = Api(f"http://{HOST}:{platform.ports.of(name)}", platform.processes.dev_key)
    try:
        yield api
    finally:
        await api.close()


def session_at(person: Person, api: Api) -> Person:
    """The same session through another address."""
    session = {
        "access_token": person.token,
        "refresh_token": person.refresh_token,
        "expires_in_s": 600,
        "account": {"id": person.id},
    }
    return Person(api, person.phone, session)


async def all_is_relayed(platform: FaultPlatform, service: str) -> bool:
    """Whether each share of the relay has exactly one holder."""
    held = [await platform.metric(name, "relay_shares ") for name in names(platform, service)]
    return sum(held) == SHARES


async def requests_answered(platform: FaultPlatform, name: str) -> float:
    """How many requests this replica has answered."""
    return await platform.metric(name, "http_request_seconds_count")
