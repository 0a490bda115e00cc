"""The platforms that can run beside each other on this machine: to stay, to be shown, to be
tested."""

import os
import shutil
from pathlib import Path

import psutil

from deploy.local.platform import STATE, Platform, Say
from deploy.local.ports import DEMO, RUN, SERVICES, Ports
from deploy.local.supervision import Supervisor

MEMBERS = 3
"""Brokers, and members of the replica set, of the profile `three`: one of each may die and nothing
is lost."""
LASTING: dict[str, Ports] = {"run": RUN, "demo": DEMO, "three": RUN.spread(MEMBERS)}
TESTS = STATE / "test"
SWEEP_SECONDS = 10.0


def lasting(profile: str, say: Say, replicas: int = 1) -> Platform:
    """The platform of `make run`, `make run MEMBERS=3` or `make demo`, with its data; so many of
    each service."""
    members = len(LASTING[profile].all_of("kafka"))
    ports = LASTING[profile].spread(members, dict.fromkeys(SERVICES, replicas))
    return Platform(STATE / profile, ports, say=say)


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
