"""Where the day is played: a platform of its own on this machine, or the compose stack."""

import os
import subprocess
from datetime import datetime, timedelta
from typing import Protocol

from deploy.local.platform import STATE, Platform, PlatformError
from deploy.local.ports import DEMO, HOST
from deploy.local.supervision import ROOT
from simulation import roster
from simulation.traces import TraceStore

BEFOREHAND = timedelta(minutes=10)
"""Domain time between everybody's being there and the first report."""
COMPOSE_SECONDS = 900
PROJECT = "quancheng-demo"
SERVERS = "kafka mongo valkey jaeger prometheus"
JAEGER, PROMETHEUS = 26686, 19090


def clock_spec(first: datetime, speed: float, prepared_at: float) -> str:
    """The services' CLOCK: at `prepared_at` (Unix seconds) it is ten minutes before the first
    report."""
    return f"{(first - BEFOREHAND).isoformat()}@{speed:g}@{prepared_at:.3f}"


class Stage(Protocol):
    """`preparing` is how many seconds of the wall clock it takes from `up` until everybody is
    there."""

    preparing: float

    gateway_url: str
    traces: TraceStore

    @property
    def dev_key(self) -> str: ...

    def prepare(self) -> None:
        """Whatever takes nobody knows how long and needs no clock. Raises PlatformError as `up`
        does."""
        ...

    def up(self, clock: str) -> None:
        """Start it, with its people and areas. Raises PlatformError when it cannot; then nothing of
        it is left."""
        ...

    def down(self) -> None: ...

    def how_to_stop(self) -> str: ...


class EmbeddedStage:
    """A platform beside `make run`: own ports, own data, which begin anew each time."""

    preparing = 35.0

    def __init__(self) -> None:
        self._platform = Platform(STATE / "demo", DEMO, fresh=True, say=print)
        self.gateway_url, self.traces = (
            self._platform.gateway_url,
            TraceStore(self._platform.zipkin_url),
        )

    @property
    def dev_key(self) -> str:
        return self._platform.dev_key

    def prepare(self) -> None:
        """Nothing: the packages are there, and servers start in seconds."""

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

    def how_to_stop(self) -> str:
        return "make stop PROFILE=demo"


class ComposeStage:
    """A compose stack beside that of `make up`: own project, own ports, own volumes, which begin
    anew each time."""

    preparing = 90.0

    def __init__(self) -> None:
        self.gateway_url = f"http://{HOST}:{DEMO.gateway}"
        self.traces = TraceStore(f"http://{HOST}:{JAEGER}", "jaeger")

    @property
    def dev_key(self) -> str:
        reading = [
            "docker",
            "compose",
            "exec",
            "-T",
            "registration",
            "cat",
            "/keys/registration/dev_key",
        ]
        return self._run(reading).stdout.decode().strip()

    def prepare(self) -> None:
        """Images are built and the servers started."""
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
            given=roster.as_json(),
        )

    def _up(self, **variables: str) -> None:
        try:
            self._make("up", **variables)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        self._make("down-for-good")

    def how_to_stop(self) -> str:
        return f"COMPOSE_PROJECT_NAME={PROJECT} make down-for-good"

    def _make(self, what: str, **variables: str) -> None:
        self._run(["make", what], output=None, **variables)

    def _run(
        self,
        command: list[str],
        output: int | None = subprocess.PIPE,
        given: str | None = None,
        **variables: str,
    ) -> "subprocess.CompletedProcess[bytes]":
        own = {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "GATEWAY_PORT": str(DEMO.gateway),
            "JAEGER_PORT": str(JAEGER),
            "PROMETHEUS_PORT": str(PROMETHEUS),
        }
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | own | variables,
                timeout=COMPOSE_SECONDS,
                stdout=output,
                input=None if given is None else given.encode(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PlatformError(
                f"{' '.join(command)} took longer than {COMPOSE_SECONDS} s"
            ) from None
        if done.returncode:
            raise PlatformError(f"{' '.join(command)} failed")
        return done


def stage_for(target: str) -> Stage:
    return ComposeStage() if target == "compose" else EmbeddedStage()
