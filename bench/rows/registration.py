"""Row 1: sign-ups a second, durable and with their event, beside a bare handler that inserts one
document.

Beside them the same sign-up in the Django monolith, and the bare handler's own write through the
chassis. A tenth of the requests is traced on every side, as the gateway traces sign-ups.
"""

import secrets
from asyncio import Semaphore, gather
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median

from pymongo import AsyncMongoClient

from bench.load import Job
from bench.meter import Meter, Part
from bench.monolith import NAME as RIVAL
from bench.monolith import Monolith, rival
from bench.phones import phone
from bench.rows.row import Row, other, row
from bench.stage import Stage, load
from chassis.clock import Clock
from chassis.mongo.store import Store
from deploy.gateway.plan import NOUNS
from deploy.local.ports import HOST, free_ports
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.sign_in.store import SignInCodes

_SAMPLED = next(noun.sampling for noun in NOUNS if noun.name == "sessions")
OURS, BARE, WRITE = "ours", "bare", "write alone"


async def issue(stage: Stage, first: int, count: int) -> list[str]:
    """Codes as if they had been sent; the bodies to sign up with."""
    settings = stage.settings()
    store = Store(stage.mongo_url, "registration", Clock())
    codes, personal = (
        SignInCodes(store),
        PersonalData(FieldCipher(settings.field_key, settings.lookup_key)),
    )
    now, gate = datetime.now(UTC), Semaphore(64)

    async def one(number: str) -> str:
        code, id = f"{secrets.randbelow(10**6):06d}", secrets.token_hex(8)
        async with gate:
            await codes.issue(
                personal.phone_key(f"+86{number}"), id, personal.code_hash(id, code), id, False, now
            )
        return f'{{"phone": "{number}", "code": "{code}"}}'

    bodies = await gather(*(one(phone(first + n)) for n in range(count)))
    await store.close()
    return bodies


def traced(count: int) -> list[dict[str, str]]:
    """What the gateway would send along."""
    ids = (f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}" for _ in range(count))
    return [
        {"traceparent": f"{id}-{'01' if n % 100 < _SAMPLED else '00'}"} for n, id in enumerate(ids)
    ]


class _Sides:
    """One round's requests to each side, in turn."""

    def __init__(
        self, stage: Stage, bare: tuple[str, int], write: tuple[str, int], monolith: Monolith | None
    ) -> None:
        self._stage, self._monolith = stage, monolith
        self._urls = {
            OURS: f"{stage.url('registration')}/api/v1/sessions",
            BARE: f"{bare[0]}/people",
            WRITE: f"{write[0]}/api/v1/people",
        }
        servers = stage.parts("mongo", "kafka", "zipkin")
        sides: dict[str, dict[str, Part]] = {
            OURS: servers | stage.parts("registration"),
            BARE: servers | {"handler": lambda: [bare[1]]},
            WRITE: servers | {"handler": lambda: [write[1]]},
        }
        if monolith:
            self._urls[RIVAL] = f"{monolith.api}/api/v1/sessions"
            sides[RIVAL] = monolith.parts() | stage.parts("zipkin")
        self.meter = Meter(sides)

    async def round(self, turn: int, requests: int) -> dict[str, float]:
        """Requests a second of each side."""
        ours = await issue(self._stage, turn * requests, requests)
        bodies = dict.fromkeys(self._urls, ours)
        if self._monolith:
            bodies[RIVAL] = await self._monolith.desk("codes", str(turn * requests), str(requests))
        rates: dict[str, float] = {}
        for side in self._urls if turn % 2 else reversed(self._urls):
            await self._stage.quiet()
            with self.meter.during(side, requests, turn > 0):
                job = Job(
                    url=self._urls[side],
                    bodies=bodies[side],
                    headers=traced(requests),
                    requests=requests,
                )
                rates[side] = (await load(job)).rate
        return rates


async def measure(stage: Stage, rounds: int, requests: int) -> Row:
    ports = free_ports()
    bare, write = f"http://{HOST}:{ports.gateway}", f"http://{HOST}:{ports.registration}"
    async with rival(stage, 0) as monolith:
        with ExitStack() as stack:
            peer = stage.beside(
                "bench.peers.insert", str(ports.gateway), stage.mongo_url, ready=f"{bare}/nothing"
            )
            alone = stage.beside(
                "bench.peers.write",
                ready=f"{write}/health/ready",
                env={"HTTP_PORT": str(ports.registration)},
            )
            pids = stack.enter_context(peer), stack.enter_context(alone)
            there = monolith if isinstance(monolith, Monolith) else None
            sides = _Sides(stage, (bare, pids[0]), (write, pids[1]), there)
            found = [await sides.round(turn, requests) for turn in range(rounds + 1)][
                1:
            ]  # the first one warms up
        why = None if there else str(monolith)
    await _drop(stage)
    theirs = [(one[OURS], one[RIVAL]) for one in found if RIVAL in one]
    return row(
        1,
        "registrations, durable and with their event",
        "1/s",
        ">= 2",
        [(one[OURS], one[BARE]) for one in found],
        cpu_us=sides.meter.each_us(),
        others=[other(RIVAL, theirs, why)],
        write_alone_rate=round(median(one[WRITE] for one in found)),
        write_alone_ratio=round(median(one[WRITE] / one[BARE] for one in found), 2),
    )


async def _drop(stage: Stage) -> None:
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(stage.mongo_url)
    for name in ("bench_bare", "bench_write"):
        await client.drop_database(name)
    await client.close()
