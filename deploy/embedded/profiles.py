"""The platforms that can run beside each other on this machine: to stay, to be shown, to be tested."""

import os
import shutil
from pathlib import Path

import psutil

from deploy.embedded.platform import STATE, Platform, Say
from deploy.embedded.ports import DEMO, RUN, Ports
from deploy.embedded.supervision import Supervisor

LASTING: dict[str, Ports] = {"run": RUN, "demo": DEMO}
TESTS = STATE / "test"
SWEEP_SECONDS = 10.0


def lasting(profile: str, say: Say) -> Platform:
    """The platform of `make run` or of `make demo`, with its data."""
    return Platform(STATE / profile, LASTING[profile], say=say)


def test_home(part: str) -> Path:
    """A home of this process's own, named by its id, so that several test runs do not meet."""
    return TESTS / str(os.getpid()) / part


def sweep_tests(everything: bool = False) -> None:
    """Ends and removes what test runs that are gone (or, if told so, all test runs) left."""
    for run in sorted(TESTS.glob("*")):
        if everything or not _lives(run.name):
            for home in filter(Path.is_dir, run.glob("*")):
                Supervisor(home).end(SWEEP_SECONDS)
            shutil.rmtree(run, ignore_errors=True)


def _lives(name: str) -> bool:
    return name.isdigit() and psutil.pid_exists(int(name))
