"""A temporary PostgreSQL, where the machine has one: empty, on a free port, with the default
durability."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.paths import STATE
from deploy.local.ports import HOST, free_ports

_SETTINGS = (
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=256MB",
    "max_connections=200",
    f"listen_addresses={HOST}",
    "unix_socket_directories=",
)
USER = "bench"


class Server(NamedTuple):
    """The URL of an empty database, and its server's process id."""

    url: str
    pid: int


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`: on the PATH, from pg_config, or Debian's; None without
    one."""
    found = [Path(path).parent for name in ("initdb", "postgres") if (path := shutil.which(name))]
    if config := shutil.which("pg_config"):
        output = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(output.stdout.strip() or "."))
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (
            folder
            for folder in found
            if (folder / "initdb").exists() and (folder / "postgres").exists()
        ),
        None,
    )


@contextmanager
def postgres(folder: Path) -> Generator[Server]:
    """The process ends and the data is deleted with the block."""
    data, port = _home(), free_ports().mongo
    owner = _owner()
    try:
        if owner:
            shutil.chown(data, owner)
        _run(
            owner,
            data,
            folder / "initdb",
            "-D",
            data,
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        command = [str(folder / "postgres"), "-D", str(data), "-p", str(port), *settings]
        with (data / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=data, stdout=log, stderr=log, **_as(owner))
        try:
            _await(data / "log", server)
            yield Server(f"postgresql://{USER}@{HOST}:{port}/postgres", server.pid)
        finally:
            server.send_signal(2)  # SIGINT: fast shutdown
            with suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()
            server.wait()
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _home() -> Path:
    """A folder in the project, to be on the same disk, if PostgreSQL's user can reach it; else a
    temporary one."""
    STATE.mkdir(exist_ok=True)
    open_to_all = (
        all(parent.stat().st_mode & 0o001 for parent in STATE.resolve().parents)
        and STATE.stat().st_mode & 1
    )
    return Path(
        tempfile.mkdtemp(
            prefix="bench-postgres-", dir=STATE if open_to_all or os.geteuid() else None
        )
    )


def _owner() -> str | None:
    """The user for PostgreSQL, which refuses to run as root; None for the current one."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _as(owner: str | None) -> dict[str, Any]:
    return {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []} if owner else {}


def _run(owner: str | None, folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **_as(owner),
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-1000:]}")


def _await(log: Path, server: "subprocess.Popen[Any]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        if b"ready to accept connections" in log.read_bytes():
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL does not start: {log.read_text('utf-8', 'replace')[-1000:]}")
