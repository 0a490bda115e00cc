"""`python -m bench.floor`: what one Python process can do at best, in steps from a constant answer
to a whole sign-up.

Beside each step the CPU time of its process for a request, which holds on a busy machine too, and
the requests a second that a core of its own would do. 64 clients; 1,000 requests in each of three
rounds.
"""

import asyncio
from contextlib import ExitStack
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.cpu import CpuMeter, Part
from bench.environment import Environment, load
from bench.load_client import Job
from bench.phones import phone
from bench.rows.registration import codes_for, traced
from deploy.local.ports import HOST, free_ports

_ROUNDS, _REQUESTS = 3, 1000


class _Step(NamedTuple):
    url: str
    handler: Part


def _steps(environment: Environment, stack: ExitStack) -> dict[str, _Step]:
    ports = free_ports()
    plain, chassis = f"http://{HOST}:{ports.gateway}", f"http://{HOST}:{ports.registration}"
    bare = f"http://{HOST}:{ports.notify}"

    def start(*module: str, ready: str, port: int) -> Part:
        env = {"HTTP_PORT": str(port)}
        pid = stack.enter_context(environment.module(*module, ready=ready, env=env))
        return lambda: [pid]

    frameworks = start(
        "bench.peers.floor", str(ports.gateway), ready=f"{plain}/constant", port=ports.gateway
    )
    handlers = start("bench.peers.floor", ready=f"{chassis}/health/ready", port=ports.registration)
    motor = start(
        "bench.peers.insert",
        str(ports.notify),
        environment.mongo_url,
        ready=f"{bare}/nothing",
        port=ports.notify,
    )
    api = f"{chassis}/api/v1"
    return {
        "uvicorn, a constant": _Step(f"{plain}/constant", frameworks),
        "Starlette, the body parsed": _Step(f"{plain}/starlette", frameworks),
        "FastAPI, the body validated": _Step(f"{plain}/fastapi", frameworks),
        "a hot route of the chassis: limits, span, figures": _Step(f"{api}/answer", handlers),
        "+ one insert, together with others": _Step(f"{api}/insert", handlers),
        "+ its event, relayed": _Step(f"{api}/event", handlers),
        "+ an ES256 signature": _Step(f"{api}/signed", handlers),
        "a sign-up": _Step(
            f"{environment.url('registration')}/api/v1/sessions",
            environment.parts("registration")["registration"],
        ),
        "row 1's bare handler (FastAPI, Motor, traced)": _Step(f"{bare}/people", motor),
    }


async def measure(environment: Environment) -> Table:
    table = Table("step", "CPU of the process, µs", "a core could do, 1/s", "MongoDB, µs")
    with ExitStack() as stack:
        steps = _steps(environment, stack)
        mongo = environment.parts("mongo")
        meter = CpuMeter({name: mongo | {"handler": step.handler} for name, step in steps.items()})
        for turn in range(_ROUNDS + 1):  # the first warms up
            codes = await codes_for(environment, turn * _REQUESTS, _REQUESTS)
            any_code = [f'{{"phone": "{phone(n)}", "code": "123456"}}' for n in range(_REQUESTS)]
            for name, step in steps.items():
                await environment.quiet()
                bodies = codes if name == "a sign-up" else any_code
                job = Job(
                    url=step.url, bodies=bodies, headers=traced(_REQUESTS), requests=_REQUESTS
                )
                with meter.during(name, _REQUESTS, turn > 0):
                    await load(job)
    for name, each in meter.each_us().items():
        core = f"{1e6 / each['handler']:,.0f}"
        table.add_row(name, f"{each['handler']:.0f}", core, f"{each['mongo']:.0f}")
    return table


async def main() -> None:
    async with Environment() as environment:
        Console(width=110).print(await measure(environment))


if __name__ == "__main__":
    asyncio.run(main())
