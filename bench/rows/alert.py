"""Row 2: from a report to the alert on a volunteer's open stream, through the gateway, beside the
bare hops' sum."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from random import Random
from statistics import median

import orjson

from bench import alerts, hops
from bench.city import DENSE, SIDE_M, City, near, volunteer
from bench.journal import Entry, Journal
from bench.lines import Companion
from bench.meter import Meter
from bench.monolith import NAME as MONOLITH
from bench.monolith import Monolith, rival
from bench.rows.row import Detail, Row, other, percentile, row
from bench.stage import AREA, SERVERS, Stage
from deploy.local.ports import HOST, SERVICES, free_ports
from jinan.coordinates import Point
from jinan.districts import districts as jinan_districts

RATE, CALM_RATE = 50.0, 10.0
"""Reports a second: the goal's, and one at which nothing waits for a core, whatever the machine."""
STREAMS = 1000
"""Every tenth of those on duty holds a stream: a fair sample of those who are called."""
PATH = {"post": 1, "insert": 4, "kafka": 2, "geosearch": 1, "push": 1}
"""How often each bare hop lies on the path. Four writes are waited for, one after another: the
report, the claim on those who are called, the call-out, the message; two events carry it from
service to service."""
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


def reporters(stage: Stage) -> list[str]:
    return [stage.token(f"acc_{'9' * 17}{n:03d}", "resident", "3701") for n in range(50)]


class Path:
    """Ours: the city on duty, the client with its streams, and what was seen in each round."""

    def __init__(self, stage: Stage, city: City, client: Companion, journal: Journal) -> None:
        self._stage, self._city, self._client, self._journal = stage, city, client, journal
        self.parts: dict[str, list[float]] = defaultdict(list)
        """The stretches of the path, seconds."""
        self.waits: list[float] = []

    async def open(self, streams: int) -> None:
        every = DENSE // streams
        self.held = frozenset(volunteer(n * every) for n in range(streams))
        tokens = [self._stage.token(who, "volunteer") for who in sorted(self.held)]
        heard = await self._client.ask(
            alerts.Ask(base=self._stage.platform.gateway_url, streams=tokens), alerts.Heard
        )
        if heard.open != streams:
            raise RuntimeError(f"{heard.open} of {streams} streams are open")

    def forget(self) -> None:
        """What was seen so far does not count."""
        self.parts.clear()
        self.waits.clear()

    async def run(
        self, seed: str, count: int, metered: Metered = nullcontext, rate: float = RATE
    ) -> list[float]:
        """Milliseconds from when each report was due to each alert on an open stream. Raises if one
        is missing."""
        await self._city.rest()
        await self._city.seen()
        await self._journal.mark()
        ask = alerts.Ask(
            base=self._stage.platform.gateway_url,
            bodies=bodies(seed, count),
            reporters=reporters(self._stage),
            rate=rate,
        )
        with metered():
            heard = await self._client.ask(ask, alerts.Heard)
        await self._stage.quiet()
        entries = await self._journal.read()
        self._check(heard, entries)
        self._split(heard, entries)
        waits = [at - filed.due for filed in heard.filed for at in filed.alerts]
        self.waits += waits
        return [wait * 1000 for wait in waits]

    def _check(self, heard: alerts.Heard, entries: list[Entry]) -> None:
        called = [
            e for e in entries if e.type == "VolunteerCalled" and e.data["volunteer"] in self.held
        ]
        came = sum(len(filed.alerts) for filed in heard.filed)
        if heard.refused or came < len(called) or not called or heard.open != len(self.held):
            raise RuntimeError(
                f"{came} of {len(called)} alerts, {heard.refused} refused, {heard.open} "
                f"streams open"
            )

    def _split(self, heard: alerts.Heard, entries: list[Entry]) -> None:
        routed = {e.data["report"]: e for e in entries if e.type == "ReportRouted"}
        opened = {e.data["report"]: e for e in entries if e.type == "CalloutOpened"}
        for filed in heard.filed:
            first, second = routed[filed.report], opened[filed.report]
            self.parts["answered 201"].append(filed.answered - filed.due)
            self.parts["1 gateway, checks, route"].append(first.decided - filed.due)
            self.parts["2 report written, relayed"].append(first.sent - first.decided)
            self.parts["3 consumed, chosen, claimed"].append(second.decided - first.sent)
            self.parts["4 call-out written, relayed"].append(second.sent - second.decided)
            self.parts["5 consumed, message written, pushed, streamed"] += [
                at - second.sent for at in filed.alerts
            ]


class Rival:
    """The monolith's path, seen by a client of the same kind."""

    def __init__(self, peer: Monolith, client: Companion) -> None:
        self._peer, self._client = peer, client
        self._reporters: list[str] = []

    async def open(self, held: frozenset[str]) -> None:
        tokens = await self._peer.desk("tokens", *sorted(held))
        self._reporters = await self._peer.desk("tokens", *(f"acc_{n:03d}" for n in range(50)))
        await self._client.ask(alerts.Ask(base=self._peer.streams, streams=tokens), alerts.Heard)

    async def run(
        self, seed: str, count: int, metered: Metered = nullcontext, rate: float = RATE
    ) -> list[float]:
        """Milliseconds from when each report was due to each alert on an open stream."""
        await self._peer.desk("rest")
        ask = alerts.Ask(
            base=self._peer.api, bodies=bodies(seed, count), reporters=self._reporters, rate=rate
        )
        with metered():
            heard = await self._client.ask(ask, alerts.Heard)
        waits = [(at - filed.due) * 1000 for filed in heard.filed for at in filed.alerts]
        if heard.refused or not waits:
            raise RuntimeError(
                f"{MONOLITH}: {heard.refused} of {count} refused, {len(waits)} alerts"
            )
        return waits


class Measured:
    """All rounds of ours, of the bare hops and of the monolith, in turn."""

    def __init__(self, stage: Stage, path: Path, bare_hops: Companion, question: hops.Ask) -> None:
        self._stage, self._path, self._hops, self._question = stage, path, bare_hops, question
        self.pairs, self.rivals, self.halves = (
            list[tuple[float, float]](),
            list[tuple[float, float]](),
            list[float](),
        )
        self.hops: dict[str, list[float]] = defaultdict(list)
        self.rival_halves: list[float] = []
        self.calm: dict[str, Detail] = {}

    async def calmly(self, count: int, rival: Rival | None) -> None:
        ours = await self._path.run("calm", count, rate=CALM_RATE)
        self._path.forget()
        sides = {"": ours} | (
            {f"{MONOLITH}, ": await rival.run("calm", count, rate=CALM_RATE)} if rival else {}
        )
        for side, waits in sides.items():
            self.calm |= {
                f"{side}at {CALM_RATE:g} reports/s, p{n}": percentile(waits, n) for n in (50, 99)
            }

    async def turn(
        self, name: str, count: int, meter: Meter, rival: Rival | None, counts: bool
    ) -> None:
        ours = await self._path.run(name, count, lambda: meter.during("ours", count, counts))
        one = await self._hops.ask(self._question, hops.Hops)
        theirs: list[float] = []
        if rival is not None:
            theirs = await rival.run(name, count, lambda: meter.during(MONOLITH, count, counts))
        if not counts:
            self._path.forget()
            return
        for hop, value in one.model_dump().items():
            self.hops[hop].append(value)
        p99 = percentile(ours, 99)
        self.pairs.append((p99, sum(getattr(one, hop) * times for hop, times in PATH.items())))
        self.halves.append(percentile(ours, 50))
        if theirs:
            self.rivals.append((p99, percentile(theirs, 99)))
            self.rival_halves.append(percentile(theirs, 50))


async def measure(stage: Stage, rounds: int, count: int) -> Row:
    port = free_ports().gateway
    bare, city = f"http://{HOST}:{port}", City(stage)
    async with AsyncExitStack() as stack:
        stack.callback(city.close)
        stack.enter_context(stage.beside("bench.peers.bare", str(port), ready=f"{bare}/nothing"))
        peer = await stack.enter_async_context(rival(stage, DENSE))
        clients = [
            await stack.enter_async_context(Companion(m))
            for m in ("bench.alerts", "bench.hops", "bench.alerts")
        ]
        path = Path(stage, city, clients[0], await stack.enter_async_context(Journal(stage)))
        await city.grow(DENSE)
        await path.open(STREAMS)
        other_path, sides = None, {"ours": stage.parts(*SERVICES, *SERVERS)}
        if isinstance(peer, Monolith):
            other_path = Rival(peer, clients[2])
            await other_path.open(path.held)
            sides[MONOLITH] = peer.parts() | stage.parts("valkey", "zipkin")
        question = hops.Ask(
            mongo_url=stage.mongo_url, kafka=stage.kafka, redis_url=stage.redis_url, bare=bare
        )
        measured, meter = Measured(stage, path, clients[1], question), Meter(sides)
        for turn in range(rounds + 1):
            await measured.turn(f"{turn}", count, meter, other_path, turn > 0)
            if turn == 0:
                await measured.calmly(count // 2, other_path)
    return _row(measured, path, meter, peer if isinstance(peer, str) else None)


def _row(measured: Measured, path: Path, meter: Meter, not_run: str | None) -> Row:
    more = measured.calm
    if measured.rival_halves:
        more |= {f"{MONOLITH}, p50": median(measured.rival_halves)}
    return row(
        2,
        "report to alert, p99 at 50 reports/s, 10,000 on duty / sum of the bare hops",
        "ms",
        _GOAL,
        measured.pairs,
        cpu_us=meter.each_us(),
        others=[other(MONOLITH, measured.rivals, not_run)],
        p50=median(measured.halves),
        alerts=len(path.waits),
        streams=STREAMS,
        p99_of_all=percentile(path.waits, 99) * 1000,
        bare_hops_ms={
            f"{name} x {times}": median(measured.hops[name]) for name, times in PATH.items()
        },
        stretches_p50_ms={part: percentile(seen, 50) * 1000 for part, seen in path.parts.items()},
        stretches_p99_ms={part: percentile(seen, 99) * 1000 for part, seen in path.parts.items()},
        **more,
    )
