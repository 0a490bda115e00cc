"""One replica of a service, asked past the gateway."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from deploy.local.ports import HOST
from simulation.api import Api, Person, StreamEvent
from tests.faults.platform import FaultPlatform


def names(platform: FaultPlatform, service: str) -> list[str]:
    """Of all replicas of a service."""
    return [name for name, _ in platform.ports.all_of(service)]


@asynccontextmanager
async def asking(platform: FaultPlatform, name: str) -> AsyncGenerator[Api]:
    """The replica itself in the gateway's place. Refused and unanswered requests are repeated as a
    phone does."""
    api = Api(f"http://{HOST}:{platform.ports.of(name)}", platform.processes.dev_key)
    try:
        yield api
    finally:
        await api.close()


def moved(person: Person, api: Api) -> Person:
    """The same session, elsewhere."""
    session = {
        "access_token": person.token,
        "refresh_token": person.refresh_token,
        "expires_in_s": 600,
        "account": {"id": person.id},
    }
    return Person(api, person.phone, session)


@asynccontextmanager
async def listening(person: Person) -> AsyncGenerator[list[StreamEvent]]:
    """What comes over a stream of the person's own, from when it is open."""
    opened, heard = asyncio.Event(), list[StreamEvent]()

    async def listen() -> None:
        async for event in person.stream(opened):
            heard.append(event)

    task = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(30):
            await opened.wait()
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def led_by_one(platform: FaultPlatform, service: str) -> bool:
    """Whether exactly one replica of a service relays its events."""
    return (
        sum([await platform.figure(name, "relay_leader ") for name in names(platform, service)])
        == 1
    )


async def requests(platform: FaultPlatform, name: str) -> float:
    """How many requests this replica has answered so far."""
    return await platform.figure(name, "http_request_seconds_count")
