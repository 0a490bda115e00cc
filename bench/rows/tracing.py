"""Row 7: reports a second with tracing on, beside the same service with tracing off."""

from contextlib import AbstractContextManager, ExitStack

import orjson

from bench.alert_path import reporters
from bench.cpu import CpuMeter
from bench.environment import AREA, Environment, load
from bench.load_client import Job
from bench.rows.row import Row, row
from deploy.local.ports import HOST, free_ports

# Of a category that calls no volunteers: calls that go on for minutes would affect the next rows.
_REPORT = {
    "text": "小区垃圾桶旁边没有扫干净",
    "category": "environment",
    "community": f"{AREA}008",
    "location": {"longitude": 116.9412, "latitude": 36.6688, "datum": "wgs84"},
}
TRACED, UNTRACED = "traced", "untraced"


async def measure(environment: Environment, rounds: int, requests: int) -> Row:
    """Two processes serve the same store and topics, one after the other in each round."""
    ports, pairs = free_ports(), list[tuple[float, float]]()
    used = {TRACED: ports.incidents, UNTRACED: ports.gateway}
    with ExitStack() as stack:
        pids = {
            side: stack.enter_context(_service(environment, port, side == TRACED))
            for side, port in used.items()
        }
        servers = environment.parts("mongo", "kafka", "zipkin")
        meter = CpuMeter(
            {side: servers | {"incidents": lambda pid=pid: [pid]} for side, pid in pids.items()}
        )
        for turn in range(rounds + 1):
            rates: dict[str, float] = {}
            for side in (TRACED, UNTRACED) if turn % 2 else (UNTRACED, TRACED):
                await environment.quiet(20)
                with meter.during(side, requests, turn > 0):
                    rates[side] = (await load(_job(environment, used[side], requests))).rate
            if turn:
                pairs.append((rates[TRACED], rates[UNTRACED]))
    return row(
        7,
        "reports taken in, traced / untraced",
        "1/s",
        ">= 0.9",
        pairs,
        cpu_us=meter.each_us(),
    )


def _service(environment: Environment, port: int, traced: bool) -> AbstractContextManager[int]:
    env = {"HTTP_PORT": str(port), "LOG_LEVEL": "WARNING"}
    if not traced:
        env["OTEL_TRACES_EXPORTER"] = "none"
    return environment.service("incidents", f"http://{HOST}:{port}/health/ready", env)


def _body(n: int) -> str:
    """The same words and place from one account would be one report."""
    return orjson.dumps(_REPORT | {"text": f"{n}号楼的{_REPORT['text']}"}).decode()


def _job(environment: Environment, port: int, requests: int) -> Job:
    tokens = reporters(environment, requests)
    return Job(
        url=f"http://{HOST}:{port}/api/v1/reports",
        bodies=[_body(n) for n in range(requests)],
        headers=[{"Authorization": f"Bearer {token}"} for token in tokens],
        requests=requests,
    )
