"""One process of the platform: how it is started, when it is ready, how it is stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.readiness import Check

START_SECONDS = 60.0
"""For a process to be ready, on two busy cores; of many of a kind that start together, for each."""


@dataclass(frozen=True)
class Process:
    """What supervisor is told of a process, and how to see that it is ready."""

    name: str
    command: tuple[str, ...]
    ready: Check
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    stop_seconds: int = 10
    """How long it may take to end by itself after SIGTERM; then it is killed."""
    ready_seconds: float = START_SECONDS
