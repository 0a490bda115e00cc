"""A platform of its own, supervised, with the demonstration's people: for tests that break parts of
it."""

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import httpx
from pymongo import AsyncMongoClient

from chassis.clock import Clock
from deploy.local.platform import Platform
from deploy.local.ports import HOST, SERVICES, Ports, free_ports, kind_of
from deploy.local.profiles import test_home
from deploy.local.services import addresses
from simulation import roster
from simulation.api import Api
from simulation.api import Person as SignedIn
from simulation.people import Person, demonstration
from tests.faults.record import Record
from tests.support.backend import DOMAIN_RATE, DOMAIN_START
from tests.support.waiting import eventually

PARTS = ("kafka", "mongo", "valkey", *SERVICES, "gateway")
BACK_S = 60.0
"""How long the platform has to be whole again after whatever was done to it. Measured: 1 to 14
s."""
_AT_ONCE = 6  # sign-ins


class Ground:
    """`record` is what all loads of all tests were answered: the ledger holds the platform to
    it."""

    def __init__(self, ports: Ports | None = None, part: str = "faults") -> None:
        self.ports = ports or free_ports()
        spec = f"{DOMAIN_START.isoformat()}@{DOMAIN_RATE:g}@{time.time():.3f}"
        self.clock = Clock(spec)
        self.platform = Platform(test_home(part), self.ports, spec)
        self.record = Record()
        self.api = Api(self.platform.gateway_url, self.platform.dev_key)
        plan = demonstration()
        self._volunteers = (
            p for p in plan.volunteers if p.role == "volunteer" and 1960 <= p.birth_year <= 2004
        )
        self.residents = itertools.cycle(plan.residents)
        self._signed_in: dict[str, SignedIn] = {}
        self._numbers = itertools.count()

    @property
    def url(self) -> str:
        """The gateway's."""
        return self.platform.gateway_url

    @property
    def parts(self) -> list[str]:
        """The processes that have to be there, with every member and replica."""
        return [name for name, _ in self.ports.items() if kind_of(name) in PARTS]

    @property
    def addresses(self) -> dict[str, str]:
        """Where the servers are: MONGO_URL, KAFKA_BOOTSTRAP, REDIS_URL and others."""
        return addresses(self.ports)

    def up(self) -> None:
        self.platform.up()
        roster.load(self.platform)

    def down(self) -> None:
        self.platform.down()

    def new_phone(self) -> str:
        """A number that nobody has, nobody in China ever."""
        return f"120009{next(self._numbers):05d}"

    async def people(
        self, residents: int, volunteers: int
    ) -> tuple[list[SignedIn], list[SignedIn]]:
        """Signed in. Residents come again from load to load, volunteers are new each time: nobody
        rests yet."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def signed_in(phone: str) -> SignedIn:
            """With ten minutes to go: a load sends its token as it is."""
            async with gate:
                if before := self._signed_in.get(phone):  # a code a minute is all that a phone gets
                    turn = {"refresh_token": before.refresh_token}
                    person = SignedIn(
                        self.api, phone, await self.api.send("POST", "sessions/refresh", json=turn)
                    )
                else:
                    person = await self.api.sign_in(phone)
                self._signed_in[phone] = person
                return person

        wanted = [*_take(self.residents, residents), *_take(self._volunteers, volunteers)]
        found = await asyncio.gather(*(signed_in(person.phone) for person in wanted))
        return found[:residents], found[residents:]

    async def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """What it ended comes back by itself: nobody helps."""
        await asyncio.to_thread(self.platform.kill, name, signal_number)

    async def stop(self, name: str) -> None:
        """In good order; it stays away until `start`."""
        await asyncio.to_thread(self.platform.stop, name)

    async def start(self, name: str) -> None:
        await asyncio.to_thread(self.platform.start, name)

    async def restart(self, name: str) -> None:
        """In good order, and ready again."""
        await asyncio.to_thread(self.platform.restart, name)

    async def whole(self) -> None:
        """Every part does its job again. Nobody starts anything here."""
        await asyncio.gather(
            *(asyncio.to_thread(self.platform.wait_ready, name, BACK_S) for name in self.parts)
        )

    async def dies(self, name: str, pid: int) -> None:
        """Another process has taken the place of this one."""

        async def other() -> bool:
            states = await asyncio.to_thread(self.platform.status)
            return any(state.name == name and state.pid not in (0, pid) for state in states)

        await eventually(other, within=BACK_S)

    async def figure(self, service: str, name: str) -> float:
        """The sum of a metric of a service over its labels."""
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


def _take(people: "Iterator[Person]", count: int) -> list[Person]:
    return list(itertools.islice(people, count))


@asynccontextmanager
async def standing(place: Ground) -> AsyncGenerator[Ground]:
    """Up as long as the block lasts."""
    place.up()
    try:
        yield place
        await place.api.close()
    finally:
        place.down()
