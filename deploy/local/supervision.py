"""Supervisor: the parent of all processes. It restarts those that die and rotates their logs."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Error as RpcError
from xmlrpc.client import ServerProxy, Transport

import psutil

from deploy.local.paths import ROOT
from deploy.local.process import Process
from deploy.local.services import bare_environment

HOME_VARIABLE = "QUANCHENG_HOME"
"""Inherited by every process of a platform, so that they are found even when supervisor itself was
killed."""
MAX_SOCKET_PATH = 90
"""Bytes. Unix socket paths have at most 107, and supervisor appends its process id to the name."""
POLL_SECONDS = 0.05
START_SECONDS = 15
ASK_SECONDS = 20
NO_ANSWER = (OSError, RpcError, HTTPException)
LOG_BYTES = "10MB"
LOG_BACKUPS = 2

SECTION = """
[program:{name}]
command={command}
environment={environment}
directory={root}
autostart=false
autorestart=true
startsecs=1
startretries=10
stopsignal=TERM
stopwaitsecs={stop}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={size}
stdout_logfile_backups={backups}
"""
HEAD = """\
[supervisord]
nodaemon=true
silent=true
logfile={log}
logfile_maxbytes={size}
logfile_backups=1
pidfile={pid}
childlogdir={folder}

[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


class _SocketConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("supervisor", timeout=ASK_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ASK_SECONDS)
        self.sock.connect(str(self._path))


class _SocketTransport(Transport):
    """XML-RPC over a unix socket, with a time limit."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> HTTPConnection:
        return _SocketConnection(self._path)


class Supervisor:
    """The supervisor of the platform whose files are below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.logs = self.home / "logs"
        self.pid_file = self.home / "supervisor.pid"
        self.socket = _socket_path(self.home)
        self._child: subprocess.Popen[bytes] | None = None

    def log_of(self, name: str) -> Path:
        """The file with a process's output."""
        return self.logs / f"{name}.log"

    def start(self, processes: Sequence[Process]) -> None:
        """Starts supervisor itself with `processes` configured but not started."""
        self.logs.mkdir(parents=True, exist_ok=True)
        config = self.home / "conf" / "supervisor.conf"
        config.touch(mode=0o600)  # It holds the services' keys.
        config.write_text(self._config(processes))
        with self.log_of("supervisor").open("ab") as out:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
                cwd=ROOT,
                env=bare_environment() | {HOME_VARIABLE: str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._await_answer()

    def _await_answer(self) -> None:
        limit = time.monotonic() + START_SECONDS
        while not self.answers():
            if (
                self._child is not None and self._child.poll() is not None
            ) or time.monotonic() > limit:
                raise RuntimeError(f"supervisor did not start:\n{tail(self.log_of('supervisor'))}")
            time.sleep(POLL_SECONDS)

    def _config(self, processes: Sequence[Process]) -> str:
        size = {"size": LOG_BYTES, "backups": LOG_BACKUPS}
        head = HEAD.format(
            log=self.log_of("supervisor"),
            pid=self.pid_file,
            folder=self.logs,
            socket=self.socket,
            **size,
        )
        sections = [
            SECTION.format(
                name=p.name,
                root=ROOT,
                stop=p.stop_seconds,
                log=self.log_of(p.name),
                **size,
                command=" ".join(_quoted(part) for part in p.command),
                environment=",".join(f"{k}={_quoted(v)}" for k, v in p.environment.items()),
            )
            for p in processes
        ]
        return head + "".join(sections)

    def ask(self, method: str, *arguments: Any) -> Any:
        """Calls one of supervisor's methods. Raises one of NO_ANSWER where it does not answer."""
        with ServerProxy("http://supervisor", _SocketTransport(self.socket)) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def answers(self) -> bool:
        """Whether supervisor runs and answers."""
        if not self.socket.exists():
            return False
        try:
            return self.ask("getState")["statename"] == "RUNNING"
        except NO_ANSWER:
            return False

    def processes(self) -> dict[str, dict[str, Any]]:
        """Supervisor's information about each process, by name; empty if it does not run."""
        try:
            return (
                {info["name"]: info for info in self.ask("getAllProcessInfo")}
                if self.answers()
                else {}
            )
        except NO_ANSWER:
            return {}

    def stop(self, names: Sequence[str], seconds: float) -> None:
        """Stops these at the same time and waits, at most `seconds`, until none runs."""
        for name in names:
            with suppress(*NO_ANSWER):  # It was not running.
                self.ask("stopProcess", name, False)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            states = self.processes()
            if all(states[n]["pid"] == 0 for n in names if n in states):
                return
            time.sleep(POLL_SECONDS)

    def end(self, seconds: float) -> None:
        """Ends supervisor and every process of this platform that still runs."""
        with suppress(*NO_ANSWER):
            self.ask("shutdown")
        remaining = self.survivors()
        _, remaining = psutil.wait_procs(remaining, seconds)
        for order in (signal.SIGTERM, signal.SIGKILL):
            for process in remaining:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)
                    process.send_signal(order)
            _, remaining = psutil.wait_procs(remaining, seconds)
        if self._child is not None:
            self._child.wait(seconds)
            self._child = None
        self.socket.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)

    def survivors(self) -> list[psutil.Process]:
        """Every running process of this platform, supervisor first."""
        return processes_of(self.home)


def processes_of(home: Path) -> list[psutil.Process]:
    """The running processes of the platform at `home`, the oldest first."""
    mark = str(home.absolute())
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(HOME_VARIABLE) == mark:
                found.append(process)
    return sorted(found, key=lambda p: p.create_time())


def tail(file: Path, lines: int = 25) -> str:
    """The last lines of a log, for error messages."""
    if not file.exists():
        return "(no log)"
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])


def _quoted(text: str) -> str:
    if '"' in text or "\n" in text:
        raise ValueError(f"supervisor's configuration cannot hold this value: {text!r}")
    return '"' + text.replace("%", "%%") + '"'


def _socket_path(home: Path) -> Path:
    path = home / "supervisor.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    owner = f"quancheng-{os.getuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:10]}"
    return Path(tempfile.gettempdir()) / f"{owner}.sock"
