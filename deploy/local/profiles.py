"""The platforms that can run beside each other on this machine: permanent, demonstration, tests."""

import os
import shutil
from pathlib import Path

import psutil

from deploy.local.control import Say
from deploy.local.paths import STATE
from deploy.local.platform import Platform
from deploy.local.ports import DEMO, RUN, SERVICES, Ports
from deploy.local.supervision import Supervisor

MEMBERS = 3
"""Brokers and replica set members of the profile `three`: one of each may fail without loss."""
LASTING: dict[str, Ports] = {"run": RUN, "demo": DEMO, "three": RUN.spread(MEMBERS)}
TESTS = STATE / "test"
SWEEP_SECONDS = 10.0


def lasting(profile: str, say: Say, replicas: int = 1) -> Platform:
    """The platform of `make run`, `make run MEMBERS=3` or `make demo`, with `replicas` of each
    service."""
    members = len(LASTING[profile].all_of("kafka"))
    ports = LASTING[profile].spread(members, dict.fromkeys(SERVICES, replicas))
    return Platform(STATE / profile, ports, apps=True, say=say)


def test_home(part: str) -> Path:
    """A home for this process only, named by its id, so that test runs do not collide."""
    return TESTS / str(os.getpid()) / part


def sweep_tests(everything: bool = False) -> None:
    """Ends and removes what finished test runs (with `everything`, all test runs) left behind."""
    for run in sorted(TESTS.glob("*")):
        if everything or not _is_alive(run.name):
            for home in filter(Path.is_dir, run.glob("*")):
                Supervisor(home).end(SWEEP_SECONDS)
            shutil.rmtree(run, ignore_errors=True)


def _is_alive(name: str) -> bool:
    return name.isdigit() and psutil.pid_exists(int(name))
