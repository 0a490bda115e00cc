"""The path from a report to the alerts on open streams: ours and the monolith's, each with a load
client of its own."""

import math
import secrets
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from random import Random

import orjson

from bench import alert_client
from bench.city import DENSE, SIDE_M, City, near, volunteer
from bench.companion import Companion
from bench.environment import AREA, Environment
from bench.event_log import EventLog, PublishedEvent
from bench.monolith import NAME as MONOLITH
from bench.monolith import Monolith
from bench.rows.row import CpuEach
from jinan.coordinates import Point
from jinan.districts import districts as jinan_districts

RATE = 50.0
"""Reports a second."""
EACH = 10
"""Reports that one account may file in ten minutes (policy of incidents)."""
Metered = Callable[[], AbstractContextManager[None]]


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


def reporters(environment: Environment, reports: int) -> list[str]:
    """Tokens of people who have filed nothing yet, enough for so many reports: an account may file
    `EACH` in ten minutes."""
    run, people = secrets.token_hex(6), range(max(50, math.ceil(reports / EACH)))
    return [environment.token(f"acc_{run}{n:08d}", "resident", "3701") for n in people]


def per_second(outcome: alert_client.Outcome) -> float:
    """Reports by the time from the first one to the last alert."""
    last = max(at for filed in outcome.filed for at in filed.alerts)
    return len(outcome.filed) / (last - min(filed.due for filed in outcome.filed))


def cpu_each(cpu_us: CpuEach, ours: str) -> dict[str, float]:
    """What one report costs in all processes, and that beside the monolith's."""
    total = {side: sum(parts.values()) / 1000 for side, parts in cpu_us.items()}
    found = {"CPU of a report, ms": total[ours]}
    if theirs := total.get(MONOLITH):
        found[f"CPU of a report, ours / {MONOLITH}"] = total[ours] / theirs
    return found


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
            reporters=reporters(self._environment, count),
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
