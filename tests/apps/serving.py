"""The apps' server beside the platform of the tests, whose other processes need no apps."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import servers
from deploy.local.ports import Ports
from deploy.local.readiness import wait_until

START_SECONDS = 60.0


@contextmanager
def serving(folder: Path, ports: Ports, logs: Path) -> Generator[None]:
    """Serves the built apps of `folder` where the gateway looks for them."""
    process = servers.apps(folder, ports)
    with (logs / "apps.log").open("ab") as log:
        running = subprocess.Popen(
            process.command, env={**os.environ, **process.environment}, stdout=log, stderr=log
        )
        try:
            wait_until(process.ready, START_SECONDS, lambda: _require_running(running))
            yield
        finally:
            running.terminate()
            running.wait(10)


def _require_running(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None, "the apps' server has ended; see apps.log"
