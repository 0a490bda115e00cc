"""Row 9: call-outs a second when more reports come than the machine can carry, by one process of
each service and with a second one of dispatch and of notify."""

import os
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from statistics import median

from bench.alert_path import MonolithPath, Path, cpu_each
from bench.city import DENSE, City
from bench.companion import Companion
from bench.cpu import CpuMeter, Part
from bench.environment import SERVERS, Environment
from bench.event_log import EventLog
from bench.monolith import NAME as MONOLITH
from bench.monolith import Monolith, monolith_or_reason
from bench.rows.alert import STREAMS
from bench.rows.row import Row, other, row
from deploy.local.ports import HOST, SERVICES, free_ports

RATE = 200.0
"""Reports a second that are sent: more than two cores carry, and few enough that none is shed."""
_SHARED = ("dispatch", "notify")
_GOAL = ">= 0.9, as long as the machine is the limit"


async def measure(environment: Environment, rounds: int, count: int) -> Row:
    city = City(environment)
    async with AsyncExitStack() as stack:
        stack.callback(city.close)
        peer = await stack.enter_async_context(monolith_or_reason(environment, DENSE))
        ours, theirs = [
            await stack.enter_async_context(Companion("bench.alert_client")) for _ in range(2)
        ]
        event_log = await stack.enter_async_context(EventLog(environment))
        path = Path(environment, city, ours, event_log)
        await city.grow(DENSE)
        await path.open(STREAMS)
        alone = environment.parts(*SERVICES, *SERVERS)
        pids = dict[str, int]()
        beside: dict[str, Part] = {f"{name}, second": partial(_one, pids, name) for name in _SHARED}
        opposing = peer.parts() if isinstance(peer, Monolith) else {}
        shared = environment.parts("valkey", "zipkin")
        meter = CpuMeter(
            {"one": alone, "two": {**alone, **beside}, MONOLITH: {**opposing, **shared}}
        )
        monolith = None
        if isinstance(peer, Monolith):
            monolith = MonolithPath(peer, theirs)
            await monolith.open(path.held)
        one, two, opposite = list[float](), list[float](), list[float]()
        for turn in range(rounds + 1):
            metered = partial(meter.during, "one", count, turn > 0)
            one.append(await path.saturate(f"one {turn}", count, metered, RATE))
            with _second(environment, pids):
                metered = partial(meter.during, "two", count, turn > 0)
                two.append(await path.saturate(f"two {turn}", count, metered, RATE))
            if monolith:
                metered = partial(meter.during, MONOLITH, count, turn > 0)
                opposite.append(await monolith.saturate(f"{turn}", count, metered, RATE))
    reason = peer if isinstance(peer, str) else None
    return _row(one[1:], two[1:], opposite[1:], meter, reason)


def _one(pids: Mapping[str, int], name: str) -> list[int]:
    return [pids[name]] if name in pids else []


@contextmanager
def _second(environment: Environment, pids: dict[str, int]) -> Generator[None]:
    """A second process of dispatch and of notify, as long as the block runs."""
    with _beside(environment, "dispatch", pids), _beside(environment, "notify", pids):
        yield


@contextmanager
def _beside(environment: Environment, name: str, pids: dict[str, int]) -> Generator[None]:
    port = free_ports().of(name)
    ready = f"http://{HOST}:{port}/health/ready"
    with environment.service(name, ready, {"HTTP_PORT": str(port)}) as pid:
        pids[name] = pid
        try:
            yield
        finally:
            del pids[name]


def _row(
    one: list[float],
    two: list[float],
    theirs: list[float],
    meter: CpuMeter,
    not_run: str | None,
) -> Row:
    cpu = meter.each_us()
    busy = {part: round(spent * median(two) / 1e6, 2) for part, spent in cpu["two"].items()}
    return row(
        9,
        "call-outs at saturation, with a second dispatch and notify / with one of each",
        "1/s",
        _GOAL,
        list(zip(two, one, strict=True)),
        cpu_us=cpu,
        others=[other(MONOLITH, list(zip(one, theirs, strict=False)), not_run)],
        **cpu_each(cpu, "one"),
        cores=float(os.cpu_count() or 1),
        busy_cores=busy,
    )
