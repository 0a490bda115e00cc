"""Row 1: sign-ups a second, durable and with their event, beside a bare handler that inserts one document."""

import asyncio
import secrets
from datetime import UTC, datetime

import psutil
from motor.motor_asyncio import AsyncIOMotorClient

from bench.load import Job
from bench.rows.row import Row, row
from bench.stage import Stage, load
from chassis.clock import Clock
from chassis.store import Store
from deploy.embedded.ports import HOST, free_ports
from services.registration.account.cipher import FieldCipher
from services.registration.account.personal import Personal
from services.registration.demonstration import UNASSIGNED_PHONES
from services.registration.sign_in_code.store import SignInCodes

_FIRST = 20_000_000
_DIGITS = 11 - len(UNASSIGNED_PHONES)


def _phone(n: int) -> str:
    return f"{UNASSIGNED_PHONES}{(_FIRST + n) % 10**_DIGITS:0{_DIGITS}d}"


async def _issue(stage: Stage, first: int, count: int) -> list[str]:
    """Codes as if they had been sent; the bodies to sign up with."""
    settings = stage.settings()
    store = Store(stage.mongo_url, "registration", Clock())
    codes, personal = SignInCodes(store), Personal(FieldCipher(settings.field_key, settings.lookup_key))
    now, gate = datetime.now(UTC), asyncio.Semaphore(64)

    async def issue(phone: str) -> str:
        code, id = f"{secrets.randbelow(10**6):06d}", secrets.token_hex(8)
        async with gate:
            await codes.issue(personal.phone_key(f"+86{phone}"), id, personal.code_hash(id, code), id, False, now)
        return f'{{"phone": "{phone}", "code": "{code}"}}'

    bodies = await asyncio.gather(*(issue(_phone(first + n)) for n in range(count)))
    store.close()
    return bodies


async def measure(stage: Stage, rounds: int, requests: int) -> Row:
    port, pairs, cpu = free_ports().gateway, list[tuple[float, float]](), [0.0, 0.0]
    bare = f"http://{HOST}:{port}"
    with stage.beside("bench.peers.insert", str(port), stage.mongo_url, ready=f"{bare}/nothing") as pid:
        peer = psutil.Process(pid)
        for turn in range(rounds + 1):  # the first one warms up and does not count
            bodies = await _issue(stage, turn * requests, requests)
            before = stage.cpu_seconds("registration"), sum(peer.cpu_times()[:2])
            ours = await load(Job(url=f"{stage.url('registration')}/api/v1/sessions", bodies=bodies, requests=requests))
            theirs = await load(Job(url=f"{bare}/people", bodies=bodies, requests=requests))
            if turn:
                pairs.append((ours.rate, theirs.rate))
                cpu[0] += stage.cpu_seconds("registration") - before[0]
                cpu[1] += sum(peer.cpu_times()[:2]) - before[1]
    await _drop(stage)
    each = 1e6 / (rounds * requests)
    return row(
        1, "registrations, durable and with their event", "1/s", ">= 2", pairs,
        ours_cpu_us=cpu[0] * each, peer_cpu_us=cpu[1] * each,
    )  # fmt: skip


async def _drop(stage: Stage) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(stage.mongo_url)
    await client.drop_database("bench_bare")
    client.close()
