"""Row 5: outbox -> Kafka -> effect through the chassis, beside bare aiokafka, and faststream-outbox
on PostgreSQL."""

from collections import defaultdict
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from bench.companion import Companion
from bench.cpu import CpuMeter
from bench.environment import Environment
from bench.peers.postgres import binaries, postgres
from bench.pipeline import Measured, Request
from bench.rows.row import CpuEach, Row, other, row

PEER = "faststream-outbox + PostgreSQL"
_PEER_MODULE = "bench.peers.faststream.pipeline"


class _Rounds:
    """All rounds of ours, of the bare client and, where it can run, of the peer."""

    def __init__(self, environment: Environment, count: int) -> None:
        self._environment, self._count = environment, count
        self._sides: dict[str, Companion] = {}
        self.meter = _meter(environment, [])
        self.found: list[dict[str, Measured]] = []

    async def start(self, stack: AsyncExitStack, postgres_folder: Path | None) -> None:
        env = self._environment.platform.env_for("incidents")
        pipeline = await stack.enter_async_context(Companion("bench.pipeline", env))
        self._sides = {"ours": pipeline, "bare": pipeline}
        if postgres_folder is not None:
            server = stack.enter_context(postgres(postgres_folder))
            url = server.url.replace("postgresql://", "postgresql+asyncpg://")
            peer = Companion(_PEER_MODULE, env | {"PEER_DATABASE": url})
            self._sides[PEER] = await stack.enter_async_context(peer)
            self.meter = _meter(self._environment, [server.pid])

    async def run(self, turn: int) -> None:
        """The first round warms up and does not count."""
        measured: dict[str, Measured] = {}
        for side in ("ours", "bare", PEER) if turn % 2 else ("bare", "ours", PEER):
            if companion := self._sides.get(side):
                with self.meter.during(side, self._count, turn > 0):
                    measured[side] = await companion.ask(self._request(side), Measured)
        if turn:
            self.found.append(measured)

    def _request(self, side: str) -> Request:
        return Request(
            mongo_url=self._environment.mongo_url,
            kafka=self._environment.kafka,
            side="bare" if side == "bare" else "ours",
            count=self._count,
        )

    def pairs(self, side: str) -> list[tuple[float, float]]:
        """(ours, that side's) rates, one pair per round."""
        return [(one["ours"].rate, one[side].rate) for one in self.found if side in one]

    def cpu_us(self) -> CpuEach:
        each, processes = self.meter.each_us(), defaultdict[str, list[float]](list)
        for one in self.found:
            for side, measured in one.items():
                processes[side].append(measured.cpu_us)
        for side, spent in processes.items():
            each[side]["process"] = round(median(spent), 1)
        return each


async def measure(environment: Environment, rounds: int, count: int) -> Row:
    folder, why_not = _postgres()
    found = _Rounds(environment, count)
    async with AsyncExitStack() as stack:
        await found.start(stack, folder)
        for turn in range(rounds + 1):
            await found.run(turn)
    return row(
        5,
        "outbox -> Kafka -> effect",
        "1/s",
        ">= 0.6",
        found.pairs("bare"),
        cpu_us=found.cpu_us(),
        others=[other(PEER, found.pairs(PEER), why_not)],
    )


def _postgres() -> tuple[Path | None, str]:
    """PostgreSQL's folder, or why the peer is not run."""
    if (folder := binaries()) is None:
        return None, "there is no PostgreSQL on this machine"
    missing = [name for name in ("faststream_outbox", "asyncpg") if find_spec(name) is None]
    return (None, f"not installed: {', '.join(missing)}") if missing else (folder, "")


def _meter(environment: Environment, postgres_pids: list[int]) -> CpuMeter:
    servers = environment.parts("mongo", "kafka", "zipkin")
    database = {"postgres": lambda: postgres_pids, **environment.parts("kafka", "zipkin")}
    return CpuMeter({"ours": servers, "bare": servers, PEER: database})
