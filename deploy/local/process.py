"""One process of the platform: how it is started, checked for readiness and stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.readiness import Check

START_SECONDS = 60.0
"""Time limit for readiness, per process of a kind that start together; sized for two busy cores."""


@dataclass(frozen=True)
class Process:
    """What supervisor runs, and the readiness check."""

    name: str
    command: tuple[str, ...]
    ready: Check
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    stop_seconds: int = 10
    """Time between SIGTERM and SIGKILL."""
    ready_seconds: float = START_SECONDS
