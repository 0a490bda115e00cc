"""What a second replica brings on this machine: sign-ups by one process and by two, and where the
limit lies."""

import asyncio
import os
import sys
from statistics import median

from pydantic import BaseModel

from bench.load import Job
from bench.meter import Meter
from bench.rows import registration
from bench.stage import Stage, load
from deploy.local.ports import HOST, free_ports

_FIRST = 60_000
"""Phones from here on, so that none has signed up before."""


class Replicas(BaseModel):
    """Sign-ups a second. `busy_cores`: CPU used a second with two replicas, by part; the machine
    has `cores`."""

    one: float
    two: float
    scales: float
    spread: tuple[float, float]
    cores: int
    busy_cores: dict[str, float]
    cpu_us: dict[str, float]


async def measure(stage: Stage, rounds: int, count: int) -> Replicas:
    port = free_ports().registration
    env = stage.platform.env_for("registration") | {"HTTP_PORT": str(port)}
    urls = [
        f"{base}/api/v1/sessions" for base in (stage.url("registration"), f"http://{HOST}:{port}")
    ]
    command, pairs = (
        (sys.executable, "-m", "services.registration.main"),
        list[tuple[float, float]](),
    )
    with stage.process(command, f"http://{HOST}:{port}/health/ready", env) as second:
        parts = {
            **stage.parts("registration", "mongo", "kafka"),
            "registration, second": lambda: [second],
        }
        meter = Meter({"two": parts})
        for turn in range(rounds + 1):
            first = _FIRST + 2 * turn * count
            one = await _rate(stage, urls[:1], first, count)
            with meter.during("two", count, turn > 0):
                two = await _rate(stage, urls, first + count, count)
            if turn:
                pairs.append((one, two))
    ratios = sorted(two / one for one, two in pairs)
    cpu, rate = meter.each_us()["two"], median(two for _, two in pairs)
    return Replicas(
        one=median(one for one, _ in pairs),
        two=rate,
        scales=median(ratios),
        spread=(ratios[0], ratios[-1]),
        cores=os.cpu_count() or 1,
        cpu_us=cpu,
        busy_cores={part: round(spent * rate / 1e6, 2) for part, spent in cpu.items()},
    )


async def _rate(stage: Stage, urls: list[str], first: int, count: int) -> float:
    """Each of the addresses gets its share of the requests and of the 64 connections."""
    bodies = await registration.issue(stage, first, count)
    await stage.quiet()
    share = count // len(urls)
    jobs = [
        Job(
            url=url,
            bodies=bodies[n * share : (n + 1) * share],
            headers=registration.traced(share),
            requests=share,
            connections=64 // len(urls),
        )
        for n, url in enumerate(urls)
    ]
    results = await asyncio.gather(*(load(job) for job in jobs))
    return sum(result.done for result in results) / max(result.elapsed_s for result in results)
