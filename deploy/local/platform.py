"""The whole platform on this machine: real servers, the four services and the gateway, up and down
as one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil

from deploy.gateway.plan import Limits
from deploy.local import servers, services
from deploy.local.doctor import examine
from deploy.local.exclusive import HeldElsewhereError, exclusive
from deploy.local.fetch import FetchError, fetch
from deploy.local.ports import HOST, Ports, is_server, is_taken
from deploy.local.process import Process
from deploy.local.readiness import wait_until
from deploy.local.supervision import NO_ANSWER, ROOT, Supervisor, tail
from ops.keys import Secrets, load_or_create

STATE = ROOT / ".quancheng"
"""Everything that this project writes at run time lies below this folder."""
CACHE = STATE / "servers"
STOP_SECONDS = 20.0
DEATH_SECONDS = 10.0
LETHAL = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT)

Say = Callable[[str], None]
"""Told in a line what happens, for people."""


class PlatformError(Exception):
    """The platform cannot do what was asked; the message says why and what to do."""


class AlreadyRunningError(PlatformError):
    """This platform runs already."""


class PortTakenError(PlatformError):
    """Somebody else listens where the platform should."""


@dataclass(frozen=True)
class ProcessStatus:
    """How one process is: supervisor's state word, process id, port, seconds since its start, bytes
    in memory."""

    name: str
    state: str
    pid: int
    port: int
    uptime: int
    memory: int


def _silent(_: str) -> None: ...


def prepare(home: Path) -> None:
    """Sees that this machine can run the servers and has them; PlatformError says what is
    missing."""
    problems = examine(home)
    if problems:
        raise PlatformError(
            "This machine cannot run the platform yet:\n" + "\n".join(map(str, problems))
        )
    try:
        fetch(CACHE)
    except FetchError as reason:
        raise PlatformError(str(reason)) from reason


class Platform:
    """Servers, services and gateway with their data, logs and secrets below `home`.

    There are as many brokers, members and replicas as `ports` has ports for. `servers` or
    `services` (with the gateway) can be left out. `fresh` begins without any data. `clock` is the
    services' CLOCK; `extra_env` goes to each service; `limits` are the gateway's.
    """

    def __init__(
        self,
        home: Path,
        ports: Ports,
        clock: str = "",
        extra_env: Mapping[str, str] | None = None,
        *,
        servers: bool = True,
        services: bool = True,
        fresh: bool = False,
        limits: Limits | None = None,
        say: Say = _silent,
    ) -> None:
        self.home = home.absolute()
        self.ports = ports
        self._clock = clock
        self._extra_env = dict(extra_env or {})
        self._with_servers, self._with_services = servers, services
        self._fresh = fresh
        self._limits = limits
        self._say = say
        self._supervisor = Supervisor(self.home)
        self._processes: dict[str, Process] = {}
        self._given_up = Event()

    @property
    def gateway_url(self) -> str:
        """Where people and apps connect."""
        return f"http://{HOST}:{self.ports.gateway}"

    @property
    def zipkin_url(self) -> str:
        """Where traces are looked at."""
        return f"http://{HOST}:{self.ports.zipkin}"

    @property
    def secrets(self) -> Secrets:
        """The platform's secrets, made at the first look."""
        return load_or_create(self.home / "secrets")

    @property
    def dev_key(self) -> str:
        """What a developer shows to read sign-in codes."""
        return self.secrets.dev_key

    def env_for(self, service: str) -> dict[str, str]:
        """All variables to run something by hand as `service` would run, as its seed does."""
        own = services.environment(service, self.ports, self.secrets, self._clock, self._extra_env)
        return services.bare_environment() | own

    def running(self) -> bool:
        """Whether this platform's supervisor runs, whoever started it."""
        return self._supervisor.answers()

    def up(self) -> float:
        """Starts everything and waits until all of it is ready; returns the seconds it took.

        Raises AlreadyRunningError, PortTakenError, or PlatformError with the log's end of what did
        not start; then nothing is left running.
        """
        began = time.monotonic()
        self._given_up.clear()
        try:
            with exclusive(self.home.with_suffix(".lock"), wait=False):
                self._refuse_second()
                self._refuse_taken_ports()
                if self._with_servers:
                    prepare(self.home)
                try:
                    self._start()
                except BaseException:
                    self.down()
                    raise
        except HeldElsewhereError as reason:
            raise AlreadyRunningError(
                "The platform is being started by another command."
            ) from reason
        return time.monotonic() - began

    def _refuse_second(self) -> None:
        if self.running():
            stop = "make stop" if self.home.name == "run" else f"make stop PROFILE={self.home.name}"
            raise AlreadyRunningError(
                f"The platform runs already, at {self.gateway_url}; `{stop}` ends it."
            )
        self._supervisor.end(STOP_SECONDS)  # What a killed supervisor left behind.

    def _refuse_taken_ports(self) -> None:
        ours = [
            (n, p)
            for n, p in self.ports.items()
            if (self._with_servers if is_server(n) else self._with_services)
        ]
        held = [(name, port) for name, port in ours if is_taken(port)]
        if held:
            lines = "\n".join(
                f"  port {port} is taken, {name.replace('_', ' ')} wants it" for name, port in held
            )
            raise PortTakenError(f"Another program listens where the platform should:\n{lines}")

    def _start(self) -> None:
        if self._fresh and self.home.exists():
            shutil.rmtree(self.home)
        (self.home / "conf").mkdir(parents=True, exist_ok=True)
        stages = self._stages()
        self._processes = {p.name: p for stage in stages for p in stage}
        self._supervisor.start(list(self._processes.values()))
        waiting: list[str] = []
        for stage in stages:
            for process in stage:
                self._supervisor.ask("startProcess", process.name, False)
            waiting += [p.name for p in stage]
            # Nobody waits for Zipkin, the slowest to start, but the whole: traces are sent when it
            # is there.
            now = [n for n in waiting if n != "zipkin" or stage is stages[-1]]
            self._await(now)
            waiting = [n for n in waiting if n not in now]

    def _stages(self) -> list[list[Process]]:
        stages: list[list[Process]] = []
        if self._with_servers:
            stages.append(
                [
                    *servers.kafka(self.home, CACHE, self.ports),
                    *servers.mongo(self.home, self.ports),
                    servers.valkey(self.home, self.ports),
                    servers.zipkin(CACHE, self.ports),
                ]
            )
        if self._with_services:
            own = services.processes(self.ports, self.secrets, self._clock, self._extra_env)
            stages.append([*own, servers.gateway(self.home, self.ports, self._limits)])
        return stages

    def _await(self, names: Sequence[str]) -> None:
        with ThreadPoolExecutor(len(names)) as pool:
            try:
                for outcome in as_completed(
                    [pool.submit(self._wait, name, None, True) for name in names]
                ):
                    outcome.result()
            except BaseException:
                self._given_up.set()  # The other waits end too, at once.
                raise

    def wait_ready(self, name: str, seconds: float | None = None) -> float:
        """Waits until a process does its job; returns the seconds. PlatformError, with its log, if
        it does not."""
        return self._wait(name, seconds, False)

    def _wait(self, name: str, seconds: float | None, strict: bool) -> float:
        process = self._processes[name]
        limit = process.ready_seconds if seconds is None else seconds
        try:
            spent = wait_until(process.ready, limit, lambda: self._refuse_fatal(name, strict))
        except TimeoutError as reason:
            raise PlatformError(f"{name} is {reason}\n{self._log_end(name)}") from reason
        self._say(f"{name} is ready after {spent:.1f} s")
        return spent

    def _refuse_fatal(self, name: str, strict: bool) -> None:
        if self._given_up.is_set():
            raise PlatformError(f"{name} is no longer waited for")
        state = self._supervisor.processes().get(name, {}).get("statename", "GONE")
        # BACKOFF: it ended within a second and is tried again. At the first start a person wants to
        # hear that now.
        if state in ("FATAL", "GONE") or (strict and state == "BACKOFF"):
            raise PlatformError(f"{name} does not start ({state}).\n{self._log_end(name)}")

    def _log_end(self, name: str) -> str:
        file = self._supervisor.log_of(name)
        return f"The end of {file}:\n{tail(file)}"

    def down(self) -> None:
        """Ends everything: the gateway and the services first, then the servers. Nothing is left
        running."""
        names = list(self._supervisor.processes())
        # Supervisor's own shutdown would go through them one by one, a second each.
        self._supervisor.stop([n for n in names if not is_server(n)], STOP_SECONDS)
        self._supervisor.stop([n for n in names if is_server(n)], STOP_SECONDS)
        self._supervisor.end(STOP_SECONDS)

    def status(self) -> list[ProcessStatus]:
        """How each process is; empty if the platform does not run."""
        return [self._status(name, info) for name, info in self._supervisor.processes().items()]

    def _status(self, name: str, info: Mapping[str, object]) -> ProcessStatus:
        pid, memory = int(str(info["pid"])), 0
        if pid:
            with suppress(psutil.Error):
                memory = psutil.Process(pid).memory_info().rss
        uptime = int(str(info["now"])) - int(str(info["start"])) if pid else 0
        return ProcessStatus(name, str(info["statename"]), pid, self.ports.of(name), uptime, memory)

    def pid(self, name: str) -> int:
        """The process id of a running process; PlatformError if it does not run."""
        pid = int(self._supervisor.processes().get(name, {}).get("pid", 0))
        if not pid:
            raise PlatformError(f"{name} does not run")
        return pid

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> int:
        """Sends a signal; of one that kills, waits for the death. Supervisor starts it again.
        Returns the old pid."""
        pid = self.pid(name)
        victim = psutil.Process(pid)
        os.kill(pid, signal_number)
        if signal_number in LETHAL:
            victim.wait(DEATH_SECONDS)
        return pid

    def restart(self, name: str) -> float:
        """Stops a process in good order and starts it again; returns the seconds until it was
        ready."""
        self.stop(name)
        return self.start(name)

    def stop(self, name: str) -> None:
        """Stops one process in good order; it stays down until `start`."""
        self._supervisor.stop([name], STOP_SECONDS)

    def start(self, name: str) -> float:
        """Starts one stopped process; returns the seconds until it was ready."""
        try:
            self._supervisor.ask("startProcess", name, False)
        except NO_ANSWER as reason:
            raise PlatformError(f"{name} does not start: {reason}") from reason
        return self.wait_ready(name)

    def run_module(self, module: str, service: str, *arguments: str, seconds: float = 300) -> str:
        """Runs `python -m module` with the variables of `service`; returns its output,
        PlatformError if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.env_for(service),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise PlatformError(f"{module} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout
