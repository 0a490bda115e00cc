"""Row 7: reports a second with tracing on, beside the same service with tracing off."""

import orjson

from bench.load import Job
from bench.meter import Meter
from bench.rows.row import Row, row
from bench.stage import AREA, Stage, load
from deploy.local.ports import HOST, free_ports

# Of a kind for which nobody is called: whole squads told of it minutes later would weigh on the
# rows that come after.
_REPORT = {
    "text": "小区垃圾桶旁边没有扫干净",
    "category": "environment",
    "community": f"{AREA}008",
    "location": {"longitude": 116.9412, "latitude": 36.6688, "datum": "wgs84"},
}


async def measure(stage: Stage, rounds: int, requests: int) -> Row:
    """Both processes serve the same store and topics, one after the other in each round."""
    headers = [{"Authorization": f"Bearer {stage.token('acc_' + '0' * 20, 'resident', '3701')}"}]
    body, pairs = orjson.dumps(_REPORT).decode(), list[tuple[float, float]]()
    ports = free_ports()
    untraced = {"HTTP_PORT": str(ports.gateway), "OTEL_TRACES_EXPORTER": "none"}
    traced = {"HTTP_PORT": str(ports.incidents)}
    on, off = f"http://{HOST}:{ports.incidents}", f"http://{HOST}:{ports.gateway}"
    with (
        stage.beside("services.incidents.main", ready=f"{on}/health/ready", env=traced) as with_it,
        stage.beside(
            "services.incidents.main", ready=f"{off}/health/ready", env=untraced
        ) as without_it,
    ):
        servers = stage.parts("mongo", "kafka", "zipkin")
        meter = Meter(
            {
                on: servers | {"incidents": lambda: [with_it]},
                off: servers | {"incidents": lambda: [without_it]},
            }
        )
        for turn in range(rounds + 1):
            rates: list[float] = []
            for base in (on, off) if turn % 2 else (off, on):
                await stage.quiet(20)
                job = Job(
                    url=f"{base}/api/v1/reports", bodies=[body], headers=headers, requests=requests
                )
                with meter.during(base, requests, turn > 0):
                    rates.append((await load(job)).rate)
            with_tracing, without = rates if turn % 2 else rates[::-1]
            if turn:
                pairs.append((with_tracing, without))
    each = meter.each_us()
    cpu = {"traced": each[on], "untraced": each[off]}
    return row(7, "reports taken in, traced / untraced", "1/s", ">= 0.9", pairs, cpu_us=cpu)
