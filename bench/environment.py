"""What rows run on: one fresh platform, its addresses and tokens, and processes beside it."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Any

import httpx
import psutil
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.cpu import Part, family, memory_mib
from bench.load_client import Job, Result
from chassis.identity.revocations import MAX_TOKEN_SECONDS
from chassis.identity.tokens import ALGORITHM
from deploy.local.exclusive import exclusive
from deploy.local.paths import STATE
from deploy.local.platform import Platform
from deploy.local.ports import HOST, SERVICES, free_ports
from deploy.local.services import addresses, command
from simulation import roster

HOME = STATE / "bench"
AREA = "370104009"
MORNING = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
"""Start of the platform's clock, 10:00 in Jinan: figures must not depend on the rules of the
night."""
SERVERS = ("gateway", "kafka", "mongo", "valkey", "zipkin")
_BACKLOG = re.compile(
    r"^(?:consumer_lag_messages|relay_backlog_aggregates)\{[^}]*\} (\S+)", re.MULTILINE
)


class Environment:
    """`async with Environment() as environment`: the platform is up; it ends with the block, and so
    does every process started beside it."""

    def __init__(self) -> None:
        self.ports, self._began = free_ports(), time.time()
        clock = f"{MORNING.isoformat()}@1@{self._began}"
        self.platform = Platform(HOME, self.ports, clock, fresh=True)
        found = addresses(self.ports)
        self.mongo_url, self.redis_url = found["MONGO_URL"], found["REDIS_URL"]
        self.kafka = found["KAFKA_BOOTSTRAP"]

    async def __aenter__(self) -> "Environment":
        self._held = ExitStack()
        self._held.enter_context(
            exclusive(HOME.with_name(f"{HOME.name}-environment.lock"), wait=False)
        )
        if self.platform.running():  # Nobody holds the lock: a killed run left it behind.
            await asyncio.to_thread(self.platform.down)
        await asyncio.to_thread(self.platform.up)
        self._held.callback(self.platform.down)
        try:
            await asyncio.to_thread(roster.load, self.platform)
        except BaseException:
            self._held.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._held.close)

    def now(self) -> datetime:
        """The platform's time."""
        return MORNING + timedelta(seconds=time.time() - self._began)

    def unix(self, domain: datetime) -> float:
        """A moment of the platform's clock in Unix seconds."""
        return self._began + (domain - MORNING).total_seconds()

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.of(service)}"

    @cached_property
    def _signing_key(self) -> ECKey:
        return ECKey.import_key(self.platform.secrets.signing_key)

    def token(self, subject: str, role: str, area: str = AREA) -> str:
        """An access token, signed like registration's."""
        claims = {
            "iss": "quancheng",
            "aud": "quancheng-api",
            "sub": subject,
            "sid": "ses_bench",
            "iat": int(time.time()),
            "exp": int(time.time()) + MAX_TOKEN_SECONDS,
            "grants": [{"role": role, "area": area}],
        }
        header = {"alg": ALGORITHM, "kid": self._signing_key.thumbprint()}
        return jwt.encode(header, claims, self._signing_key, algorithms=[ALGORITHM])

    def pids(self, *names: str) -> list[int]:
        """Process ids of these processes of the platform."""
        return [self.platform.pid(name) for name in names]

    def parts(self, *names: str) -> dict[str, Part]:
        """Each of these processes as a part for `CpuMeter`."""
        return {name: partial(self.pids, name) for name in names}

    def memory(self) -> dict[str, float]:
        """Resident memory of each process now, MiB."""
        return {name: round(memory_mib(self.pids(name))) for name in (*SERVICES, *SERVERS)}

    async def quiet(self, timeout_s: float = 60.0) -> None:
        """Waits until no service has a backlog, so that no row pays for the one before it."""
        until, calm = time.monotonic() + timeout_s, 0
        async with httpx.AsyncClient(timeout=5) as http:
            while calm < 2 and time.monotonic() < until:
                try:
                    pages = [
                        (await http.get(f"{self.url(name)}/metrics")).text for name in SERVICES
                    ]
                    backlog = sum(float(n) for page in pages for n in _BACKLOG.findall(page))
                except httpx.HTTPError:  # too busy to answer
                    backlog = 1
                calm = calm + 1 if backlog == 0 else 0
                await asyncio.sleep(0.3)

    @contextmanager
    def service(self, service: str, ready: str, env: Mapping[str, str]) -> Generator[int]:
        """One more process of a service, with `env` on top of its environment."""
        own = self.platform.env_for(service) | dict(env)
        with self.process(command(service), ready, own) as pid:
            yield pid

    @contextmanager
    def module(
        self, module: str, *arguments: str, ready: str, env: Mapping[str, str] | None = None
    ) -> Generator[int]:
        """A Python module of the bench, with a service's environment."""
        own = self.platform.env_for("incidents") | {"LOG_LEVEL": "WARNING"} | dict(env or {})
        with self.process((sys.executable, "-m", module, *arguments), ready, own) as pid:
            yield pid

    @contextmanager
    def process(self, command: Sequence[str], ready: str, env: Mapping[str, str]) -> Generator[int]:
        """Ends with the block; gives the process id once the URL `ready`, if any, answers."""
        process = subprocess.Popen(command, env=env)
        try:
            if ready:
                _await(ready, process)
            yield process.pid
        finally:
            descendants = family([process.pid])
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            for left in descendants:
                with suppress(psutil.Error):
                    left.kill()
            process.wait()


def _await(url: str, process: "subprocess.Popen[Any]", seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code < 500:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


async def load(job: Job) -> Result:
    """Runs a job in a load client process. Raises RuntimeError if a request failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load_client", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(job.model_dump_json().encode()), 600)
    result = Result.model_validate_json(out)
    if result.failed:
        raise RuntimeError(
            f"{job.url}: {result.failed} of {job.requests} failed: {result.statuses}"
        )
    return result
