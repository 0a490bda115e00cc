"""What rows stand on: one fresh platform, its addresses and keys, and processes beside it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from joserfc import jwt

from bench.load import Job, Result
from chassis.auth import ALGORITHM
from deploy.embedded.platform import STATE, Platform
from deploy.embedded.ports import HOST, SERVICES, free_ports
from deploy.embedded.services import addresses
from services.registration.session.keys import SigningKeys
from services.registration.settings import RegistrationSettings

HOME = STATE / "bench"
AREA = "370104009"


class Stage:
    """`async with Stage() as stage`: the platform is up; what was started on it ends with it."""

    def __init__(self) -> None:
        self.ports = free_ports()
        self.platform = Platform(HOME, self.ports, fresh=True)
        found = addresses(self.ports)
        self.mongo_url, self.kafka, self.redis_url = found["MONGO_URL"], found["KAFKA_BOOTSTRAP"], found["REDIS_URL"]

    async def __aenter__(self) -> "Stage":
        await asyncio.to_thread(self.platform.up)
        await asyncio.to_thread(self.platform.run_module, "services.registration.seed", "registration")
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.platform.down)

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.of(service)}"

    def settings(self) -> RegistrationSettings:
        """Registration's own, to prepare what a row needs."""
        env = self.platform.env_for("registration")
        return RegistrationSettings(
            field_key=env["FIELD_KEY"], lookup_key=env["LOOKUP_KEY"], signing_key_file=env["SIGNING_KEY_FILE"]
        )

    def token(self, subject: str, role: str, area: str = AREA) -> str:
        """An access token as registration would give it."""
        key = SigningKeys(Path(self.settings().signing_key_file).read_text("utf-8")).signing
        claims = {"iss": "quancheng", "aud": "quancheng-api", "sub": subject, "sid": "ses_bench",
                  "exp": int(time.time()) + 3600, "grants": [{"role": role, "area": area}]}  # fmt: skip
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])

    def cpu_seconds(self, *names: str) -> float:
        """CPU time that these processes have used so far, in seconds."""
        return sum(sum(psutil.Process(self.platform.pid(name)).cpu_times()[:2]) for name in names)

    def memory_mib(self) -> dict[str, float]:
        """Resident memory of each service now."""
        return {name: psutil.Process(self.platform.pid(name)).memory_info().rss / 2**20 for name in SERVICES}

    @contextmanager
    def beside(self, module: str, *arguments: str, ready: str, env: Mapping[str, str] | None = None) -> Generator[int]:
        """A process of the bench's own, with a service's surroundings; gives its process id once `ready` answers."""
        surroundings = self.platform.env_for("incidents") | dict(env or {})
        process = subprocess.Popen([sys.executable, "-m", module, *arguments], env=surroundings)
        try:
            _await(ready, process)
            yield process.pid
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


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
        raise RuntimeError(f"{job.url}: {result.failed} of {job.requests} failed: {result.statuses}")
    return result
