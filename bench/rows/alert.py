"""Row 2: from a report to the alert on a volunteer's open stream, through the gateway, beside the
sum of the bare hops."""

from collections import defaultdict
from contextlib import AsyncExitStack
from statistics import median

from bench import hops
from bench.alert_path import MonolithPath, Path, cpu_each
from bench.city import DENSE, City
from bench.companion import Companion
from bench.cpu import CpuMeter
from bench.environment import SERVERS, Environment
from bench.event_log import EventLog
from bench.monolith import NAME as MONOLITH
from bench.monolith import Monolith, monolith_or_reason
from bench.rows.row import Detail, Row, other, percentile, row
from deploy.local.ports import HOST, SERVICES, free_ports

CALM_RATE = 10.0
"""Reports a second at which nothing waits for a core on any machine."""
STREAMS = 1000
"""Every tenth volunteer on duty holds a stream: a fair sample of those who are called."""
PATH = {"post": 1, "insert": 3, "kafka": 2, "geosearch": 1, "push": 1}
"""How often each bare hop occurs on the path. Three writes are awaited one after another: the
report, the call-out, the message. Two events link the services."""
_GOAL = "<= 3, and <= 150 ms"


class Rounds:
    """All rounds of ours, of the bare hops and of the monolith, in turn."""

    def __init__(self, path: Path, bare_hops: Companion, request: hops.Request) -> None:
        self._path, self._hops, self._request = path, bare_hops, request
        self.pairs = list[tuple[float, float]]()
        """p99 of ours, and the sum of the hops."""
        self.monolith_pairs = list[tuple[float, float]]()
        """p99 of ours, and of the monolith."""
        self.p50, self.monolith_p50 = list[float](), list[float]()
        self.hops: dict[str, list[float]] = defaultdict(list)
        self.calm: dict[str, Detail] = {}

    async def run_calm(self, count: int, monolith: MonolithPath | None) -> None:
        ours = await self._path.run("calm", count, rate=CALM_RATE)
        self._path.discard()
        sides = {"": ours}
        if monolith:
            sides[f"{MONOLITH}, "] = await monolith.run("calm", count, rate=CALM_RATE)
        for side, waits in sides.items():
            self.calm |= {
                f"{side}at {CALM_RATE:g} reports/s, p{n}": percentile(waits, n) for n in (50, 99)
            }

    async def run(
        self, name: str, count: int, meter: CpuMeter, monolith: MonolithPath | None, recorded: bool
    ) -> None:
        ours = await self._path.run(name, count, lambda: meter.during("ours", count, recorded))
        one = await self._hops.ask(self._request, hops.Hops)
        theirs: list[float] = []
        if monolith is not None:
            theirs = await monolith.run(
                name, count, lambda: meter.during(MONOLITH, count, recorded)
            )
        if not recorded:
            self._path.discard()
            return
        for hop, value in one.model_dump().items():
            self.hops[hop].append(value)
        p99 = percentile(ours, 99)
        self.pairs.append((p99, sum(getattr(one, hop) * times for hop, times in PATH.items())))
        self.p50.append(percentile(ours, 50))
        if theirs:
            self.monolith_pairs.append((p99, percentile(theirs, 99)))
            self.monolith_p50.append(percentile(theirs, 50))


async def measure(environment: Environment, rounds: int, count: int) -> Row:
    port = free_ports().gateway
    bare, city = f"http://{HOST}:{port}", City(environment)
    async with AsyncExitStack() as stack:
        stack.callback(city.close)
        ready = f"{bare}/nothing"
        stack.enter_context(environment.module("bench.peers.bare", str(port), ready=ready))
        peer = await stack.enter_async_context(monolith_or_reason(environment, DENSE))
        ours, bare_hops, theirs = [
            await stack.enter_async_context(Companion(module))
            for module in ("bench.alert_client", "bench.hops", "bench.alert_client")
        ]
        event_log = await stack.enter_async_context(EventLog(environment))
        path = Path(environment, city, ours, event_log)
        await city.grow(DENSE)
        await path.open(STREAMS)
        monolith, sides = None, {"ours": environment.parts(*SERVICES, *SERVERS)}
        if isinstance(peer, Monolith):
            monolith = MonolithPath(peer, theirs)
            await monolith.open(path.held)
            sides[MONOLITH] = peer.parts() | environment.parts("valkey", "zipkin")
        measured = Rounds(path, bare_hops, _hops_request(environment, bare))
        meter = CpuMeter(sides)
        for turn in range(rounds + 1):
            await measured.run(f"{turn}", count, meter, monolith, turn > 0)
            if turn == 0:
                await measured.run_calm(count // 2, monolith)
    return _row(measured, path, meter, peer if isinstance(peer, str) else None)


def _hops_request(environment: Environment, bare: str) -> hops.Request:
    return hops.Request(
        mongo_url=environment.mongo_url,
        kafka=environment.kafka,
        redis_url=environment.redis_url,
        bare=bare,
    )


def _row(measured: Rounds, path: Path, meter: CpuMeter, not_run: str | None) -> Row:
    more = measured.calm
    if measured.monolith_p50:
        more |= {f"{MONOLITH}, p50": median(measured.monolith_p50)}
    stretches, cpu = path.stretches.items(), meter.each_us()
    return row(
        2,
        "report to alert, p99 at 50 reports/s, 10,000 on duty / sum of the bare hops",
        "ms",
        _GOAL,
        measured.pairs,
        cpu_us=cpu,
        others=[other(MONOLITH, measured.monolith_pairs, not_run)],
        **cpu_each(cpu, "ours"),
        p50=median(measured.p50),
        alerts=len(path.waits),
        streams=STREAMS,
        p99_of_all=percentile(path.waits, 99) * 1000,
        bare_hops_ms={
            f"{name} x {times}": median(measured.hops[name]) for name, times in PATH.items()
        },
        stretches_p50_ms={name: percentile(seen, 50) * 1000 for name, seen in stretches},
        stretches_p99_ms={name: percentile(seen, 99) * 1000 for name, seen in stretches},
        **more,
    )
