"""Row 2: from a report to the alert on a volunteer's open stream, through the gateway, beside the
sum of the bare hops."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from random import Random
from statistics import median

import orjson

from bench import alert_client, hops
from bench.city import DENSE, SIDE_M, City, near, volunteer
from bench.companion import Companion
from bench.cpu import CpuMeter
from bench.environment import AREA, SERVERS, Environment
from bench.event_log import EventLog, PublishedEvent
from bench.monolith import NAME as MONOLITH
from bench.monolith import Monolith, monolith_or_reason
from bench.rows.row import Detail, Row, other, percentile, row
from deploy.local.ports import HOST, SERVICES, free_ports
from jinan.coordinates import Point
from jinan.districts import districts as jinan_districts

RATE, CALM_RATE = 50.0, 10.0
"""Reports a second: the goal's, and one at which nothing waits for a core on any machine."""
STREAMS = 1000
"""Every tenth volunteer on duty holds a stream: a fair sample of those who are called."""
PATH = {"post": 1, "insert": 3, "kafka": 2, "geosearch": 1, "push": 1}
"""How often each bare hop occurs on the path. Three writes are awaited one after another: the
report, the call-out, the message. Two events link the services."""
Metered = Callable[[], AbstractContextManager[None]]
_GOAL = "<= 3, and <= 150 ms"


def bodies(seed: str, count: int) -> list[str]:
    random, districts, found = Random(seed), jinan_districts(), list[str]()
    while len(found) < count:
        lon, lat = near(random, SIDE_M / 2)
        if districts.contains(AREA[:6], Point(lon, lat)):
            place = {"longitude": lon, "latitude": lat, "datum": "wgs84"}
            report = {
                "text": "老人买菜回来，请人帮忙提上楼",
                "category": "assistance",
                "community": f"{AREA}008",
            }
            found.append(orjson.dumps(report | {"location": place}).decode())
    return found


def reporters(environment: Environment) -> list[str]:
    """Their tokens."""
    return [environment.token(f"acc_{'9' * 17}{n:03d}", "resident", "3701") for n in range(50)]


def per_second(outcome: alert_client.Outcome) -> float:
    """Reports by the time from the first one to the last alert."""
    last = max(at for filed in outcome.filed for at in filed.alerts)
    return len(outcome.filed) / (last - min(filed.due for filed in outcome.filed))


class Path:
    """Ours: the city on duty, the client with its streams, and what the rounds measured."""

    def __init__(
        self, environment: Environment, city: City, client: Companion, event_log: EventLog
    ) -> None:
        self._environment, self._city = environment, city
        self._client, self._event_log = client, event_log
        self.stretches: dict[str, list[float]] = defaultdict(list)
        """Seconds, by stretch of the path."""
        self.waits: list[float] = []
        """Seconds to each alert."""

    async def open(self, streams: int) -> None:
        every = DENSE // streams
        self.held = frozenset(volunteer(n * every) for n in range(streams))
        tokens = [self._environment.token(who, "volunteer") for who in sorted(self.held)]
        wanted = alert_client.Request(base=self._environment.platform.gateway_url, streams=tokens)
        outcome = await self._client.ask(wanted, alert_client.Outcome)
        if outcome.open != streams:
            raise RuntimeError(f"{outcome.open} of {streams} streams are open")

    def discard(self) -> None:
        """Deletes what was measured so far."""
        self.stretches.clear()
        self.waits.clear()

    async def run(
        self, seed: str, count: int, metered: Metered = nullcontext, rate: float = RATE
    ) -> list[float]:
        """Milliseconds from when each report was due to each alert on an open stream. Raises
        RuntimeError if an alert is missing."""
        outcome = await self._file(seed, count, metered, rate)
        waits = [at - filed.due for filed in outcome.filed for at in filed.alerts]
        self.waits += waits
        return [wait * 1000 for wait in waits]

    async def saturate(self, seed: str, count: int, metered: Metered, rate: float) -> float:
        """Call-outs a second, from the first report to the last alert."""
        return per_second(await self._file(seed, count, metered, rate))

    async def _file(
        self, seed: str, count: int, metered: Metered, rate: float
    ) -> alert_client.Outcome:
        await self._city.reset()
        await self._city.refresh_positions()
        await self._event_log.mark()
        wanted = alert_client.Request(
            base=self._environment.platform.gateway_url,
            bodies=bodies(seed, count),
            reporters=reporters(self._environment),
            rate=rate,
        )
        with metered():
            outcome = await self._client.ask(wanted, alert_client.Outcome)
        await self._environment.quiet()
        events = await self._event_log.read()
        self._check(outcome, events)
        self._measure_stretches(outcome, events)
        return outcome

    def _check(self, outcome: alert_client.Outcome, events: list[PublishedEvent]) -> None:
        waves = (e.data["called"] for e in events if e.type == "WaveCalled")
        called = [call for wave in waves for call in wave if call["volunteer"] in self.held]
        arrived = sum(len(filed.alerts) for filed in outcome.filed)
        complete = called and arrived >= len(called) and outcome.open == len(self.held)
        if outcome.refused or not complete:
            raise RuntimeError(
                f"{arrived} of {len(called)} alerts, {outcome.refused} refused, {outcome.open} "
                f"streams open"
            )

    def _measure_stretches(
        self, outcome: alert_client.Outcome, events: list[PublishedEvent]
    ) -> None:
        routed = {e.data["report"]: e for e in events if e.type == "ReportRouted"}
        opened = {e.data["report"]: e for e in events if e.type == "CalloutOpened"}
        for filed in outcome.filed:
            first, second = routed[filed.report], opened[filed.report]
            for name, seconds in {
                "answered 201": filed.answered - filed.due,
                "1 gateway, checks, route": first.decided - filed.due,
                "2 report written, relayed": first.sent - first.decided,
                "3 consumed, chosen": second.decided - first.sent,
                "4 call-out written, relayed": second.sent - second.decided,
            }.items():
                self.stretches[name].append(seconds)
            self.stretches["5 consumed, message written, pushed, streamed"] += [
                at - second.sent for at in filed.alerts
            ]


class MonolithPath:
    """The monolith's path, with a client of the same kind."""

    def __init__(self, monolith: Monolith, client: Companion) -> None:
        self._monolith, self._client = monolith, client
        self._reporters: list[str] = []

    async def open(self, held: frozenset[str]) -> None:
        tokens = await self._monolith.admin("tokens", *sorted(held))
        self._reporters = await self._monolith.admin("tokens", *(f"acc_{n:03d}" for n in range(50)))
        wanted = alert_client.Request(base=self._monolith.streams, streams=tokens)
        await self._client.ask(wanted, alert_client.Outcome)

    async def run(
        self, seed: str, count: int, metered: Metered = nullcontext, rate: float = RATE
    ) -> list[float]:
        """Milliseconds from when each report was due to each alert on an open stream."""
        outcome = await self._file(seed, count, metered, rate)
        return [(at - filed.due) * 1000 for filed in outcome.filed for at in filed.alerts]

    async def saturate(self, seed: str, count: int, metered: Metered, rate: float) -> float:
        """Call-outs a second, from the first report to the last alert."""
        return per_second(await self._file(seed, count, metered, rate))

    async def _file(
        self, seed: str, count: int, metered: Metered, rate: float
    ) -> alert_client.Outcome:
        await self._monolith.admin("reset")
        wanted = alert_client.Request(
            base=self._monolith.api,
            bodies=bodies(seed, count),
            reporters=self._reporters,
            rate=rate,
        )
        with metered():
            outcome = await self._client.ask(wanted, alert_client.Outcome)
        alerts = sum(len(filed.alerts) for filed in outcome.filed)
        if outcome.refused or not alerts:
            raise RuntimeError(f"{MONOLITH}: {outcome.refused} of {count} refused, {alerts} alerts")
        return outcome


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
    stretches = path.stretches.items()
    return row(
        2,
        "report to alert, p99 at 50 reports/s, 10,000 on duty / sum of the bare hops",
        "ms",
        _GOAL,
        measured.pairs,
        cpu_us=meter.each_us(),
        others=[other(MONOLITH, measured.monolith_pairs, not_run)],
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
