"""What a second replica gains on this machine: sign-ups by one process and by two, and the limiting
resource."""

import asyncio
import os
from statistics import median

from pydantic import BaseModel

from bench.cpu import CpuMeter
from bench.environment import Environment, load
from bench.load_client import Job
from bench.rows import registration
from deploy.local.ports import HOST, free_ports

_FIRST = 60_000
"""The first phone; lower ones are signed up by other rows."""


class Replicas(BaseModel):
    """Sign-ups a second. `busy_cores`: CPU seconds used per second with two replicas, by part; the
    machine has `cores`."""

    one: float
    two: float
    scales: float
    spread: tuple[float, float]
    cores: int
    busy_cores: dict[str, float]
    cpu_us: dict[str, float]


async def measure(environment: Environment, rounds: int, count: int) -> Replicas:
    port = free_ports().registration
    urls = [
        f"{base}/api/v1/sessions"
        for base in (environment.url("registration"), f"http://{HOST}:{port}")
    ]
    pairs = list[tuple[float, float]]()
    ready, env = f"http://{HOST}:{port}/health/ready", {"HTTP_PORT": str(port)}
    with environment.service("registration", ready, env) as second:
        parts = {
            **environment.parts("registration", "mongo", "kafka"),
            "registration, second": lambda: [second],
        }
        meter = CpuMeter({"two": parts})
        for turn in range(rounds + 1):
            first = _FIRST + 2 * turn * count
            one = await _rate(environment, urls[:1], first, count)
            with meter.during("two", count, turn > 0):
                two = await _rate(environment, urls, first + count, count)
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


async def _rate(environment: Environment, urls: list[str], first: int, count: int) -> float:
    """Spreads the requests and the 64 connections over the addresses."""
    bodies = await registration.codes_for(environment, first, count)
    await environment.quiet()
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
