"""Row 1: sign-ups a second, durable and with their event, beside a bare handler that inserts one
document.

Beside them the same sign-up in the Django monolith, and the bare handler's own write through the
chassis. A tenth of the requests is traced on every side, as the gateway traces sign-ups.
"""

import secrets
from asyncio import Semaphore, gather
from contextlib import ExitStack
from statistics import median

from pymongo import AsyncMongoClient

from bench.cpu import CpuMeter, Part
from bench.environment import Environment, load
from bench.load_client import Job
from bench.monolith import NAME as MONOLITH
from bench.monolith import Monolith, monolith_or_reason
from bench.phones import phone
from bench.rows.row import Row, other, row
from deploy.gateway.plan import SAMPLING, USUAL_SAMPLING
from deploy.local.ports import HOST, free_ports
from simulation.api import Api

_SAMPLED = SAMPLING.get("sessions", USUAL_SAMPLING)
OURS, BARE, WRITE = "ours", "bare", "write alone"


async def codes_for(environment: Environment, first: int, count: int) -> list[str]:
    """Requests a sign-in code for each of `count` phones; the bodies to sign up with."""
    api, limit = Api(environment.url("registration"), environment.platform.dev_key), Semaphore(32)

    async def one(number: str) -> str:
        async with limit:
            code = await api.sign_in_code(number)
        return f'{{"phone": "{number}", "code": "{code}"}}'

    bodies = await gather(*(one(phone(first + n)) for n in range(count)))
    await api.close()
    return bodies


def traced(count: int) -> list[dict[str, str]]:
    """The gateway's trace headers."""
    ids = (f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}" for _ in range(count))
    return [
        {"traceparent": f"{id}-{'01' if n % 100 < _SAMPLED else '00'}"} for n, id in enumerate(ids)
    ]


class _Sides:
    """The requests of each round to each side; a side is (URL, process id)."""

    def __init__(
        self,
        environment: Environment,
        bare: tuple[str, int],
        write: tuple[str, int],
        monolith: Monolith | None,
    ) -> None:
        self._environment, self._monolith = environment, monolith
        self._urls = {
            OURS: f"{environment.url('registration')}/api/v1/sessions",
            BARE: f"{bare[0]}/people",
            WRITE: f"{write[0]}/api/v1/people",
        }
        servers = environment.parts("mongo", "kafka", "zipkin")
        sides: dict[str, dict[str, Part]] = {
            OURS: servers | environment.parts("registration"),
            BARE: servers | {"handler": lambda: [bare[1]]},
            WRITE: servers | {"handler": lambda: [write[1]]},
        }
        if monolith:
            self._urls[MONOLITH] = f"{monolith.api}/api/v1/sessions"
            sides[MONOLITH] = monolith.parts() | environment.parts("zipkin")
        self.meter = CpuMeter(sides)

    async def round(self, turn: int, requests: int) -> dict[str, float]:
        """Requests a second of each side."""
        ours = await codes_for(self._environment, turn * requests, requests)
        bodies = dict.fromkeys(self._urls, ours)
        if self._monolith:
            first = str(turn * requests)
            bodies[MONOLITH] = await self._monolith.admin("codes", first, str(requests))
        rates: dict[str, float] = {}
        for side in self._urls if turn % 2 else reversed(self._urls):
            await self._environment.quiet()
            with self.meter.during(side, requests, turn > 0):
                job = Job(
                    url=self._urls[side],
                    bodies=bodies[side],
                    headers=traced(requests),
                    requests=requests,
                )
                rates[side] = (await load(job)).rate
        return rates


async def measure(environment: Environment, rounds: int, requests: int) -> Row:
    ports = free_ports()
    bare, write = f"http://{HOST}:{ports.gateway}", f"http://{HOST}:{ports.registration}"
    async with monolith_or_reason(environment, 0) as peer_or_reason:
        peer = peer_or_reason if isinstance(peer_or_reason, Monolith) else None
        with ExitStack() as stack:
            bare_peer = environment.module(
                "bench.peers.insert",
                str(ports.gateway),
                environment.mongo_url,
                ready=f"{bare}/nothing",
            )
            alone = environment.module(
                "bench.peers.write",
                ready=f"{write}/health/ready",
                env={"HTTP_PORT": str(ports.registration)},
            )
            pids = stack.enter_context(bare_peer), stack.enter_context(alone)
            sides = _Sides(environment, (bare, pids[0]), (write, pids[1]), peer)
            await sides.round(0, requests)  # warms up
            found = [await sides.round(turn, requests) for turn in range(1, rounds + 1)]
    await _drop(environment)
    peer_pairs = [(one[OURS], one[MONOLITH]) for one in found if MONOLITH in one]
    return row(
        1,
        "registrations, durable and with their event",
        "1/s",
        ">= 1.4, and >= 2 for the write alone",
        [(one[OURS], one[BARE]) for one in found],
        cpu_us=sides.meter.each_us(),
        others=[other(MONOLITH, peer_pairs, None if peer else str(peer_or_reason))],
        write_alone_rate=round(median(one[WRITE] for one in found)),
        write_alone_ratio=round(median(one[WRITE] / one[BARE] for one in found), 2),
    )


async def _drop(environment: Environment) -> None:
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(environment.mongo_url)
    for name in ("bench_bare", "bench_write"):
        await client.drop_database(name)
    await client.close()
