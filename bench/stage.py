"""What rows stand on: one fresh platform, its addresses and keys, and processes beside it."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
from joserfc import jwt

from bench.load import Job, Result
from bench.meter import Part, family, memory_mib, seconds
from chassis.identity.tokens import ALGORITHM
from deploy.gateway.plan import ONE_ADDRESS, Limits
from deploy.local.exclusive import exclusive
from deploy.local.platform import STATE, Platform
from deploy.local.ports import HOST, SERVICES, free_ports
from deploy.local.services import addresses
from services.registration.session.keys import SigningKeys
from services.registration.settings import RegistrationSettings

HOME = STATE / "bench"
AREA = "370104009"
MORNING = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
"""When the platform's clock starts, 10:00 in Jinan: at night other rules hold, and figures would
hang on the hour."""
SERVERS = ("gateway", "kafka", "mongo", "valkey", "zipkin")


class Stage:
    """`async with Stage() as stage`: the platform is up; what was started on it ends with it."""

    def __init__(self) -> None:
        self.ports, self._began = free_ports(), time.time()
        clock = f"{MORNING.isoformat()}@1@{self._began}"
        self.platform = Platform(
            HOME, self.ports, clock, fresh=True, limits=Limits(rates=ONE_ADDRESS)
        )
        found = addresses(self.ports)
        self.mongo_url, self.kafka, self.redis_url = (
            found["MONGO_URL"],
            found["KAFKA_BOOTSTRAP"],
            found["REDIS_URL"],
        )

    async def __aenter__(self) -> "Stage":
        self._held = ExitStack()
        self._held.enter_context(exclusive(HOME.with_name(f"{HOME.name}-stage.lock"), wait=False))
        if (
            self.platform.running()
        ):  # and nobody holds the lock: a run that was killed has left it behind
            await asyncio.to_thread(self.platform.down)
        await asyncio.to_thread(self.platform.up)
        self._held.callback(self.platform.down)
        try:
            await asyncio.to_thread(
                self.platform.run_module, "services.registration.seed", "registration"
            )
        except BaseException:
            self._held.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._held.close)

    def now(self) -> datetime:
        """By the platform's clock."""
        return MORNING + timedelta(seconds=time.time() - self._began)

    def unix(self, domain: datetime) -> float:
        """When that was, in Unix seconds, of a moment by the platform's clock."""
        return self._began + (domain - MORNING).total_seconds()

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.of(service)}"

    def settings(self) -> RegistrationSettings:
        """Registration's own, to prepare what a row needs."""
        env = self.platform.env_for("registration")
        return RegistrationSettings(
            field_key=env["FIELD_KEY"],
            lookup_key=env["LOOKUP_KEY"],
            signing_key_file=env["SIGNING_KEY_FILE"],
        )

    def token(self, subject: str, role: str, area: str = AREA) -> str:
        """An access token as registration would give it."""
        key = SigningKeys(Path(self.settings().signing_key_file).read_text("utf-8")).signing
        claims = {
            "iss": "quancheng",
            "aud": "quancheng-api",
            "sub": subject,
            "sid": "ses_bench",
            "exp": int(time.time()) + 3600,
            "grants": [{"role": role, "area": area}],
        }
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])

    def pids(self, *names: str) -> list[int]:
        """Process ids of the platform's processes with these names."""
        return [self.platform.pid(name) for name in names]

    def parts(self, *names: str) -> dict[str, Part]:
        """Each of these processes as a part to be metered."""
        return {name: partial(self.pids, name) for name in names}

    def cpu_seconds(self, *names: str) -> float:
        """CPU time that these processes have used so far, in seconds."""
        return seconds(self.pids(*names))

    def memory(self) -> dict[str, float]:
        """Resident memory of each process now, MiB."""
        return {name: round(memory_mib(self.pids(name))) for name in (*SERVICES, *SERVERS)}

    async def quiet(self, most: float = 60.0) -> None:
        """Wait until no service has anything left to publish or to deal with: one row must not pay
        for another."""
        until, calm = time.monotonic() + most, 0
        async with httpx.AsyncClient(timeout=5) as http:
            while calm < 2 and time.monotonic() < until:
                try:
                    pages = [
                        (await http.get(f"{self.url(name)}/metrics")).text for name in SERVICES
                    ]
                    left = sum(float(n) for page in pages for n in _LEFT.findall(page))
                except httpx.HTTPError:  # too busy to answer
                    left = 1
                calm = calm + 1 if left == 0 else 0
                await asyncio.sleep(0.3)

    @contextmanager
    def beside(
        self, module: str, *arguments: str, ready: str, env: Mapping[str, str] | None = None
    ) -> Generator[int]:
        """A process of the bench's own, with a service's surroundings; gives its process id once
        `ready` answers."""
        surroundings = (
            self.platform.env_for("incidents") | {"LOG_LEVEL": "WARNING"} | dict(env or {})
        )
        with self.process((sys.executable, "-m", module, *arguments), ready, surroundings) as pid:
            yield pid

    @contextmanager
    def process(self, command: Sequence[str], ready: str, env: Mapping[str, str]) -> Generator[int]:
        """A process that ends with the block; gives its process id once the URL `ready` answers, if
        there is one."""
        process = subprocess.Popen(command, env=env)
        try:
            if ready:
                _await(ready, process)
            yield process.pid
        finally:
            others = family([process.pid])
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            for left in others:
                with suppress(psutil.Error):
                    left.kill()
            process.wait()


_LEFT = re.compile(
    r"^(?:consumer_lag_messages|relay_backlog_aggregates)\{[^}]*\} (\S+)", re.MULTILINE
)


def _await(url: str, process: "subprocess.Popen[Any]", seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code < 500:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


async def load(job: Job) -> Result:
    """Runs a job in the load client's own process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(job.model_dump_json().encode()), 600)
    result = Result.model_validate_json(out)
    if result.failed:
        raise RuntimeError(
            f"{job.url}: {result.failed} of {job.requests} failed: {result.statuses}"
        )
    return result
