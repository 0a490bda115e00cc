"""Where the day runs: a platform of its own on this machine, or the compose stack."""

import os
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from deploy.local.paths import ROOT, STATE
from deploy.local.platform import Platform
from deploy.local.ports import DEMO, HOST
from deploy.local.preflight import PlatformError
from simulation import roster
from simulation.report.traces import TraceStore

LEAD_TIME = timedelta(minutes=10)
"""Domain time between the last sign-in and the first report."""
COMPOSE_SECONDS = 900
PROJECT = "quancheng-demo"
SERVERS = "kafka mongo valkey jaeger prometheus"
JAEGER, PROMETHEUS = 26686, 19090
_BRIDGES = "172.16.0.0/12 192.168.0.0/16"
"""Where Docker has its networks."""


def clock_spec(first: datetime, speed: float, ready_at: float) -> str:
    """The services' CLOCK: at `ready_at` (Unix seconds) it is ten minutes before the first
    report."""
    return f"{(first - LEAD_TIME).isoformat()}@{speed:g}@{ready_at:.3f}"


class Environment(Protocol):
    startup_s: float
    """Seconds of the wall clock from `up` until everybody is signed in."""
    gateway_url: str
    traces: TraceStore

    @property
    def dev_key(self) -> str: ...

    def prepare(self) -> None:
        """Does what takes an unknown time and needs no clock. Raises PlatformError like `up`."""
        ...

    def up(self, clock: str) -> None:
        """Starts the platform with its people and areas. Raises PlatformError; then nothing is left
        running."""
        ...

    def down(self) -> None: ...

    def stop_command(self) -> str: ...


class LocalEnvironment:
    """A platform beside `make run`: its own ports, its own data, deleted at each start."""

    startup_s = 35.0

    def __init__(self) -> None:
        self._platform = Platform(STATE / "demo", DEMO, fresh=True, say=print)
        self.gateway_url = self._platform.gateway_url
        self.traces = TraceStore(self._platform.zipkin_url)

    @property
    def dev_key(self) -> str:
        return self._platform.dev_key

    def prepare(self) -> None:
        """Nothing: the packages are installed, and servers start in seconds."""

    def up(self, clock: str) -> None:
        self._platform = Platform(STATE / "demo", DEMO, clock, fresh=True, say=print)
        self._platform.up()
        try:
            print(roster.load(self._platform).rstrip())
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        self._platform.down()

    def stop_command(self) -> str:
        return "make stop PROFILE=demo"


class ComposeEnvironment:
    """A compose stack beside that of `make up`: its own project, ports and volumes, deleted at each
    start."""

    startup_s = 90.0

    def __init__(self) -> None:
        self.gateway_url = f"http://{HOST}:{DEMO.gateway}"
        self.traces = TraceStore(f"http://{HOST}:{JAEGER}", "jaeger")

    @property
    def dev_key(self) -> str:
        command = "docker compose exec -T registration cat /keys/registration/dev_key"
        return self._run(command.split()).stdout.decode().strip()

    def prepare(self) -> None:
        """Builds the images and starts the servers."""
        self._make("down-for-good")
        self._up(ONLY=SERVERS)

    def up(self, clock: str) -> None:
        self._up(CLOCK=clock)
        try:
            self._load_roster()
        except BaseException:
            self.down()
            raise

    def _load_roster(self) -> None:
        module = ["python", "-m", "services.registration.roster", "-"]
        self._run(
            ["docker", "compose", "exec", "-T", "registration", *module],
            output=None,
            stdin=roster.as_json(),
        )

    def _up(self, **variables: str) -> None:
        try:
            self._make("up", **variables)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        self._make("down-for-good")

    def stop_command(self) -> str:
        return f"COMPOSE_PROJECT_NAME={PROJECT} make down-for-good"

    def _make(self, target: str, **variables: str) -> None:
        self._run(["make", target], output=None, **variables)

    def _run(
        self,
        command: Sequence[str],
        output: int | None = subprocess.PIPE,
        stdin: str | None = None,
        **variables: str,
    ) -> "subprocess.CompletedProcess[bytes]":
        own = {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "DEMONSTRATION": "1",
            "UNLIMITED_NETWORKS": _BRIDGES,  # everybody is behind the bridge's one address
            "GATEWAY_PORT": str(DEMO.gateway),
            "JAEGER_PORT": str(JAEGER),
            "PROMETHEUS_PORT": str(PROMETHEUS),
        }
        env = os.environ | own | variables
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=env,
                timeout=COMPOSE_SECONDS,
                stdout=output,
                input=None if stdin is None else stdin.encode(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PlatformError(
                f"{' '.join(command)} took longer than {COMPOSE_SECONDS} s"
            ) from None
        if done.returncode:
            raise PlatformError(f"{' '.join(command)} failed")
        return done


def environment_for(target: str) -> Environment:
    return ComposeEnvironment() if target == "compose" else LocalEnvironment()
