"""The Django monolith beside the platform: its own PostgreSQL, the platform's Valkey, two workers
of each kind."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.util import find_spec

import orjson

from bench.cpu import Part
from bench.environment import Environment
from bench.peers.postgres import binaries, postgres
from deploy.local.ports import HOST, free_ports
from deploy.local.services import bare_environment

NAME = "Django + PostgreSQL + Celery"
_PACKAGES = ("django", "psycopg", "celery", "gunicorn")
_WORKERS = 2
_ENTRY = "bench.peers.monolith.entry"


class CannotRun(Exception):
    """The monolith cannot run here; the message says why."""


class Monolith:
    """`api` takes sign-ups and reports, `streams` holds the open streams."""

    def __init__(
        self, api: str, streams: str, env: Mapping[str, str], pids: Mapping[str, list[int]]
    ) -> None:
        self.api, self.streams, self._env, self._pids = api, streams, env, pids

    def parts(self) -> dict[str, Part]:
        """Its processes, for `CpuMeter`."""
        return {name: partial(list, pids) for name, pids in self._pids.items()}

    async def admin(self, *arguments: str) -> list[str]:
        """Runs a command of `bench.peers.monolith.admin`."""
        return await asyncio.to_thread(_admin, self._env, arguments)


def _admin(env: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "bench.peers.monolith.admin", *arguments]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the monolith's admin command failed: {done.stderr[-1000:]}")
    return orjson.loads(done.stdout)


@asynccontextmanager
async def monolith_or_reason(
    environment: Environment, size: int
) -> AsyncGenerator["Monolith | str"]:
    """The monolith, or the reason why it cannot run."""
    try:
        async with monolith(environment, size) as running:
            yield running
    except CannotRun as reason:
        yield str(reason)


@asynccontextmanager
async def monolith(environment: Environment, size: int) -> AsyncGenerator[Monolith]:
    """With `size` volunteers on duty. Raises CannotRun without PostgreSQL or the packages."""
    folder = binaries()
    if folder is None:
        raise CannotRun("there is no PostgreSQL on this machine")
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise CannotRun(f"not installed: {', '.join(missing)}")
    ports = free_ports()
    api, streams = f"http://{HOST}:{ports.registration}", f"http://{HOST}:{ports.notify}"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(postgres(folder))
        env = _env(environment, server.url)
        await asyncio.to_thread(_admin, env, ("prepare", str(size)))
        pids = {"postgres": [server.pid]}
        for part, base, command in (
            ("gunicorn", api, _gunicorn(api)),
            ("uvicorn", streams, _uvicorn(streams)),
        ):
            own, ready = env | {"MONOLITH_PART": part}, f"{base}/api/v1/none"
            pids[part] = [stack.enter_context(environment.process(command, ready, own))]
        own, celery = env | {"MONOLITH_PART": "celery"}, _celery()
        worker = [*celery, "worker", "-c", str(_WORKERS), "--loglevel", "ERROR"]
        pids["celery"] = [stack.enter_context(environment.process(worker, "", own))]
        await asyncio.to_thread(_await_celery, [*celery, "inspect", "ping"], own)
        yield Monolith(api, streams, env, pids)


def _gunicorn(api: str) -> list[str]:
    options = (
        f"-w {_WORKERS} -k gthread --threads 16 -b {api.partition('//')[2]} --keep-alive 600 "
        "--graceful-timeout 2 --log-level error"
    )
    return [sys.executable, "-m", "gunicorn", *options.split(), f"{_ENTRY}:wsgi"]


def _uvicorn(streams: str) -> list[str]:
    host, _, port = streams.partition("//")[2].partition(":")
    options = (
        f"--host {host} --port {port} --loop uvloop --log-level error --lifespan off "
        "--no-access-log --timeout-graceful-shutdown 1"
    )
    return [sys.executable, "-m", "uvicorn", *options.split(), f"{_ENTRY}:asgi"]


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "-q", "-A", f"{_ENTRY}:celery"]


def _await_celery(ping: Sequence[str], env: Mapping[str, str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        done = subprocess.run(ping, env=env, capture_output=True, check=False, timeout=60)
        if done.returncode == 0:
            return
    raise RuntimeError("Celery does not answer")


def _env(environment: Environment, url: str) -> dict[str, str]:
    telemetry = {
        k: v for k, v in environment.platform.env_for("incidents").items() if k.startswith("OTEL_")
    }
    return (
        bare_environment()
        | telemetry
        | {
            "MONOLITH_DATABASE": url,
            "MONOLITH_BROKER": environment.redis_url.removesuffix("/0") + "/3",
            "MONOLITH_SECRET": "0123456789abcdef0123456789abcdef",
            "MONOLITH_PART": "admin",
            "OTEL_SERVICE_NAME": "monolith",
            "PYTHONPATH": os.getcwd(),
            "PYTHONWARNINGS": "ignore",
        }
    )
