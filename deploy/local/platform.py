"""The whole platform on this machine: real servers, the four services and the gateway, started and
stopped as one."""

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.apps.build import BuildError, built
from deploy.gateway.plan import Limits
from deploy.local import servers, services
from deploy.local.control import STOP_SECONDS, ProcessControl, Say
from deploy.local.exclusive import HeldElsewhereError, exclusive
from deploy.local.paths import CACHE, ROOT
from deploy.local.ports import HOST, Ports, is_server
from deploy.local.preflight import AlreadyRunningError, PlatformError, prepare, require_free
from deploy.local.process import Process
from ops.keys import Secrets, load_or_create


def _silent(_: str) -> None: ...


class Platform(ProcessControl):
    """Servers, services and gateway with their data, logs and secrets below `home`.

    There are as many brokers, members and replicas as `ports` has ports for. `servers` or
    `services` (with the gateway) can be left out. `fresh` deletes the data at each start. `clock`
    is the services' CLOCK; `extra_env` goes to each service; `limits` are the gateway's.
    `apps`: with the apps' server; builds the apps where that was not done yet.
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
        apps: bool = False,
        say: Say = _silent,
    ) -> None:
        super().__init__(home, ports, say)
        self._clock = clock
        self._extra_env = dict(extra_env or {})
        self._with_servers, self._with_services = servers, services
        self._fresh = fresh
        self._limits = limits
        self._with_apps = apps

    @property
    def gateway_url(self) -> str:
        """Where people and apps connect."""
        return f"http://{HOST}:{self.ports.gateway}"

    @property
    def zipkin_url(self) -> str:
        """The trace store."""
        return f"http://{HOST}:{self.ports.zipkin}"

    @property
    def secrets(self) -> Secrets:
        """The platform's secrets, generated at the first access."""
        return load_or_create(self.home / "secrets")

    @property
    def dev_key(self) -> str:
        """The key with which developers read sign-in codes."""
        return self.secrets.dev_key

    def env_for(self, service: str) -> dict[str, str]:
        """All environment variables of a process of `service`."""
        own = services.environment(service, self.ports, self.secrets, self._clock, self._extra_env)
        return services.bare_environment() | own

    def up(self) -> float:
        """Starts everything and waits until all of it is ready; returns the seconds it took.

        Raises AlreadyRunningError, PortTakenError, or PlatformError with the end of the log of what
        did not start; then nothing is left running.
        """
        began = time.monotonic()
        self._given_up.clear()
        try:
            with exclusive(self.home.with_suffix(".lock"), wait=False):
                self._refuse_second()
                require_free(self._listeners())
                if self._with_servers:
                    prepare(self.home)
                try:
                    self._start()
                except BaseException:
                    self.down()
                    raise
        except HeldElsewhereError as reason:
            raise AlreadyRunningError("Another command is starting the platform.") from reason
        return time.monotonic() - began

    def _refuse_second(self) -> None:
        if self.running():
            stop = "make stop" if self.home.name == "run" else f"make stop PROFILE={self.home.name}"
            raise AlreadyRunningError(
                f"The platform is running already, at {self.gateway_url}; `{stop}` ends it."
            )
        self._supervisor.end(STOP_SECONDS)  # Processes that a killed supervisor left behind.

    def _listeners(self) -> list[tuple[str, int]]:
        return [
            (name, port)
            for name, port in self.ports.items()
            if (self._with_servers if is_server(name) else self._with_services)
        ]

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
            # Zipkin starts slowest and the services do not need it: only the end waits for it.
            now = [n for n in waiting if n != "zipkin" or stage is stages[-1]]
            self._wait_all(now)
            waiting = [n for n in waiting if n not in now]

    def _stages(self) -> list[list[Process]]:
        """Processes that start together, in the order of start."""
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
            if self._with_apps:
                own.append(servers.apps(self._built_apps(), self.ports))
            stages.append([*own, servers.gateway(self.home, self.ports, self._limits)])
        return stages

    def _built_apps(self) -> Path:
        try:
            return built(self._say)
        except BuildError as reason:
            raise PlatformError(str(reason)) from reason

    def down(self) -> None:
        """Stops the gateway and the services, then the servers. Nothing is left running."""
        names = list(self._supervisor.processes())
        # Supervisor's own shutdown would stop them one by one, a second each.
        self._supervisor.stop([n for n in names if not is_server(n)], STOP_SECONDS)
        self._supervisor.stop([n for n in names if is_server(n)], STOP_SECONDS)
        self._supervisor.end(STOP_SECONDS)

    def run_module(self, module: str, service: str, *arguments: str, seconds: float = 300) -> str:
        """Runs `python -m module` with the environment of `service`; returns its output. Raises
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
