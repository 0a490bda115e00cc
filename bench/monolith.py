"""The Django monolith beside the platform: its own PostgreSQL, the platform's Valkey, two workers
of each kind."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.util import find_spec

import orjson

from bench.meter import Part
from bench.peers.postgres import binaries, postgres
from bench.stage import Stage
from deploy.local.ports import HOST, free_ports
from deploy.local.services import bare_environment

NAME = "Django + PostgreSQL + Celery"
_PACKAGES = ("django", "psycopg", "celery", "gunicorn")
_WORKERS = 2


class NotRun(Exception):
    """The monolith cannot run here, and why."""


class Monolith:
    """`api` takes sign-ups and reports, `streams` holds the open streams."""

    def __init__(
        self, api: str, streams: str, environment: dict[str, str], pids: dict[str, list[int]]
    ) -> None:
        self.api, self.streams, self._environment, self.pids = api, streams, environment, pids

    def parts(self) -> dict[str, Part]:
        """Its processes, to be metered."""
        return {name: partial(list, pids) for name, pids in self.pids.items()}

    async def desk(self, *question: str) -> list[str]:
        """See `bench.peers.monolith.desk`."""
        return await asyncio.to_thread(_desk, self._environment, question)


def _desk(environment: dict[str, str], question: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "bench.peers.monolith.desk", *question]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the monolith's desk failed: {done.stderr[-1000:]}")
    return orjson.loads(done.stdout)


@asynccontextmanager
async def rival(stage: Stage, size: int) -> AsyncGenerator["Monolith | str"]:
    """The monolith, or why it is not run."""
    try:
        async with monolith(stage, size) as running:
            yield running
    except NotRun as reason:
        yield str(reason)


@asynccontextmanager
async def monolith(stage: Stage, size: int) -> AsyncGenerator[Monolith]:
    """With `size` volunteers on duty. Raises NotRun where there is no PostgreSQL, or the packages
    are missing."""
    folder = binaries()
    if folder is None:
        raise NotRun("there is no PostgreSQL on this machine")
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise NotRun(f"not installed: {', '.join(missing)}")
    ports = free_ports()
    api, streams = f"http://{HOST}:{ports.registration}", f"http://{HOST}:{ports.notify}"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(postgres(folder))
        environment = _environment(stage, server.url)
        await asyncio.to_thread(_desk, environment, ("prepare", str(size)))
        pids = {"postgres": [server.pid]}
        for part, base, command in _commands(api, streams):
            own = environment | {"MONOLITH_PART": part}
            pids[part] = [stack.enter_context(stage.process(command, f"{base}/api/v1/none", own))]
        celery = (sys.executable, "-m", "celery", "-q", "-A", "bench.peers.monolith.entry:celery")
        own, worker = (
            environment | {"MONOLITH_PART": "celery"},
            ("worker", "-c", str(_WORKERS), "--loglevel", "ERROR"),
        )
        pids["celery"] = [stack.enter_context(stage.process((*celery, *worker), "", own))]
        await asyncio.to_thread(_until_it_works, (*celery, "inspect", "ping"), own)
        yield Monolith(api, streams, environment, pids)


def _commands(api: str, streams: str) -> list[tuple[str, str, Sequence[str]]]:
    """Part -> where it answers, and how it is started."""
    python, entry = (sys.executable, "-m"), "bench.peers.monolith.entry"
    gunicorn = (
        *python,
        "gunicorn",
        "-w",
        str(_WORKERS),
        "-k",
        "gthread",
        "--threads",
        "16",
        "-b",
        api.partition("//")[2],
        "--keep-alive",
        "600",
        "--graceful-timeout",
        "2",
        "--log-level",
        "error",
        f"{entry}:wsgi",
    )
    host, _, port = streams.partition("//")[2].partition(":")
    uvicorn = (
        *python,
        "uvicorn",
        "--host",
        host,
        "--port",
        port,
        "--loop",
        "uvloop",
        "--log-level",
        "error",
        "--lifespan",
        "off",
        "--no-access-log",
        "--timeout-graceful-shutdown",
        "1",
        f"{entry}:asgi",
    )
    return [("gunicorn", api, gunicorn), ("uvicorn", streams, uvicorn)]


def _until_it_works(command: Sequence[str], environment: dict[str, str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if (
            subprocess.run(
                command, env=environment, capture_output=True, check=False, timeout=60
            ).returncode
            == 0
        ):
            return
    raise RuntimeError("Celery does not answer")


def _environment(stage: Stage, url: str) -> dict[str, str]:
    telemetry = {
        k: v for k, v in stage.platform.env_for("incidents").items() if k.startswith("OTEL_")
    }
    return (
        bare_environment()
        | telemetry
        | {
            "MONOLITH_DATABASE": url,
            "MONOLITH_BROKER": stage.redis_url.removesuffix("/0") + "/3",
            "MONOLITH_SECRET": "0123456789abcdef0123456789abcdef",
            "MONOLITH_PART": "desk",
            "OTEL_SERVICE_NAME": "monolith",
            "PYTHONPATH": os.getcwd(),
            "PYTHONWARNINGS": "ignore",
        }
    )
