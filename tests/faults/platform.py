"""A supervised platform with the demonstration's people, for tests that break parts of it."""

import asyncio
import itertools
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from pymongo import AsyncMongoClient

from chassis.clock import Clock
from deploy.local.platform import Platform
from deploy.local.ports import HOST, SERVICES, Ports, free_ports, kind_of
from deploy.local.profiles import test_home
from deploy.local.services import addresses
from simulation import roster
from tests.faults.client_log import ClientLog
from tests.support.client import Api, Person
from tests.support.demonstration import SignIns, demonstration, volunteers
from tests.support.platform import domain_clock

PARTS = ("kafka", "mongo", "valkey", *SERVICES, "gateway")
RECOVERY_S = 60.0
"""How long the platform may take to work again after any fault. Measured: 1 to 14 s."""
_CONCURRENT_SIGN_INS = 6


class FaultPlatform:
    """`client_log` has what all loads of all tests were answered; the ledger checks against it."""

    def __init__(self, ports: Ports | None = None, profile: str = "faults") -> None:
        self.ports, spec = ports or free_ports(), domain_clock()
        self.clock = Clock(spec)
        self.processes = Platform(test_home(profile), self.ports, spec)
        self.client_log = ClientLog()
        self.api = Api(self.processes.gateway_url, self.processes.dev_key)
        self._sign_ins = SignIns(self.api)
        plan = demonstration()
        self._volunteers, self._residents = volunteers(plan), itertools.cycle(plan.residents)
        self._used = 0

    @property
    def url(self) -> str:
        """The gateway's."""
        return self.processes.gateway_url

    @property
    def parts(self) -> list[str]:
        """The processes that must work, with every member and replica."""
        return [name for name, _ in self.ports.items() if kind_of(name) in PARTS]

    @property
    def addresses(self) -> dict[str, str]:
        """Where the servers are: MONGO_URL, KAFKA_BOOTSTRAP, REDIS_URL and others."""
        return addresses(self.ports)

    async def people(self, residents: int, volunteers: int) -> tuple[list[Person], list[Person]]:
        """Signed in. Residents are reused from load to load; volunteers are new each time, so that
        none of them rests."""
        limit = asyncio.Semaphore(_CONCURRENT_SIGN_INS)

        async def signed_in(phone: str) -> Person:
            async with limit:
                return await self._sign_ins.with_new_token(phone)

        first, self._used = self._used, self._used + volunteers
        chosen = [
            *itertools.islice(self._residents, residents),
            *self._volunteers[first : self._used],
        ]
        people = await asyncio.gather(*(signed_in(planned.phone) for planned in chosen))
        return people[:residents], people[residents:]

    async def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """What it ended restarts by itself."""
        await asyncio.to_thread(self.processes.kill, name, signal_number)

    async def stop(self, name: str) -> None:
        """In good order; it stays down until `start`."""
        await asyncio.to_thread(self.processes.stop, name)

    async def start(self, name: str) -> None:
        await asyncio.to_thread(self.processes.start, name)

    async def restart(self, name: str) -> None:
        """In good order, and ready again."""
        await asyncio.to_thread(self.processes.restart, name)

    async def wait_ready(self, name: str) -> None:
        await asyncio.to_thread(self.processes.wait_ready, name, RECOVERY_S)

    async def recovered(self) -> None:
        """Every part works again, without any help."""
        await asyncio.gather(*(self.wait_ready(name) for name in self.parts))

    async def metric(self, service: str, name: str) -> float:
        """The sum of a service's metric over its labels."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            page = await http.get(f"http://{HOST}:{self.ports.of(service)}/metrics")
        lines = (line for line in page.text.splitlines() if line.startswith(name))
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    @asynccontextmanager
    async def mongo(self) -> AsyncGenerator["AsyncMongoClient[dict[str, object]]"]:
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
            self.addresses["MONGO_URL"], tz_aware=True
        )
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def running(platform: FaultPlatform) -> AsyncGenerator[FaultPlatform]:
    """Up as long as the block lasts, with the demonstration's people."""
    platform.processes.up()
    try:
        roster.load(platform.processes)
        yield platform
        await platform.api.close()
    finally:
        platform.processes.down()
