"""Control of a platform's single processes: their state, signals, stop, start and readiness."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil

from deploy.local.ports import Ports
from deploy.local.preflight import PlatformError
from deploy.local.process import Process
from deploy.local.readiness import wait_until
from deploy.local.supervision import NO_ANSWER, Supervisor, tail

STOP_SECONDS = 20.0
DEATH_SECONDS = 10.0
LETHAL = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT)

Say = Callable[[str], None]
"""Receives progress, a line at a time."""


@dataclass(frozen=True)
class ProcessStatus:
    """`state` is supervisor's word; uptime in seconds, memory in bytes."""

    name: str
    state: str
    pid: int
    port: int
    uptime: int
    memory: int


class ProcessControl:
    """The processes that the supervisor of `home` runs, this process's or another's."""

    def __init__(self, home: Path, ports: Ports, say: Say) -> None:
        self.home, self.ports, self._say = home.absolute(), ports, say
        self._supervisor = Supervisor(self.home)
        self._processes: dict[str, Process] = {}
        self._given_up = Event()

    def running(self) -> bool:
        """Whether the supervisor runs."""
        return self._supervisor.answers()

    def status(self) -> list[ProcessStatus]:
        """The state of each process; empty if the platform does not run."""
        return [self._status(name, info) for name, info in self._supervisor.processes().items()]

    def _status(self, name: str, info: Mapping[str, object]) -> ProcessStatus:
        pid, memory = int(str(info["pid"])), 0
        if pid:
            with suppress(psutil.Error):
                memory = psutil.Process(pid).memory_info().rss
        uptime = int(str(info["now"])) - int(str(info["start"])) if pid else 0
        return ProcessStatus(name, str(info["statename"]), pid, self.ports.of(name), uptime, memory)

    def pid(self, name: str) -> int:
        """The process id. Raises PlatformError if it does not run."""
        pid = int(self._supervisor.processes().get(name, {}).get("pid", 0))
        if not pid:
            raise PlatformError(f"{name} does not run")
        return pid

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> int:
        """Sends a signal and, if it is lethal, waits for the end; supervisor restarts the process.

        Returns the old process id.
        """
        pid = self.pid(name)
        victim = psutil.Process(pid)
        os.kill(pid, signal_number)
        if signal_number in LETHAL:
            victim.wait(DEATH_SECONDS)
        return pid

    def stop(self, name: str) -> None:
        """Stops one process gracefully; it stays down until `start`."""
        self._supervisor.stop([name], STOP_SECONDS)

    def start(self, name: str) -> float:
        """Starts one stopped process; returns the seconds until it was ready."""
        try:
            self._supervisor.ask("startProcess", name, False)
        except NO_ANSWER as reason:
            raise PlatformError(f"{name} does not start: {reason}") from reason
        return self.wait_ready(name)

    def restart(self, name: str) -> float:
        """Stops a process gracefully and starts it; returns the seconds until it was ready."""
        self.stop(name)
        return self.start(name)

    def wait_ready(self, name: str, seconds: float | None = None) -> float:
        """Waits until a process is ready; returns the seconds. Raises PlatformError with the end of
        its log."""
        return self._wait(name, seconds, False)

    def _wait_all(self, names: Sequence[str]) -> None:
        """Waits at the first start: the first failure ends all waits."""
        with ThreadPoolExecutor(len(names)) as pool:
            waits = [pool.submit(self._wait, name, None, True) for name in names]
            try:
                for outcome in as_completed(waits):
                    outcome.result()
            except BaseException:
                self._given_up.set()
                raise

    def _wait(self, name: str, seconds: float | None, first_start: bool) -> float:
        process = self._processes[name]
        limit = process.ready_seconds if seconds is None else seconds
        try:
            spent = wait_until(process.ready, limit, lambda: self._check(name, first_start))
        except TimeoutError as reason:
            raise PlatformError(f"{name} is {reason}\n{self._log_end(name)}") from reason
        self._say(f"{name} is ready after {spent:.1f} s")
        return spent

    def _check(self, name: str, first_start: bool) -> None:
        if self._given_up.is_set():
            raise PlatformError(f"stopped waiting for {name}")
        state = self._supervisor.processes().get(name, {}).get("statename", "GONE")
        # BACKOFF: it ended within a second and is retried. At the first start that is reported at
        # once.
        if state in ("FATAL", "GONE") or (first_start and state == "BACKOFF"):
            raise PlatformError(f"{name} does not start ({state}).\n{self._log_end(name)}")

    def _log_end(self, name: str) -> str:
        file = self._supervisor.log_of(name)
        return f"The end of {file}:\n{tail(file)}"
