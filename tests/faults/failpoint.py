"""`python -m tests.faults.failpoint <service> <point>`: the service itself, whose relay stops for
ever at one point.

`before`: what it has to publish is written, and nothing has gone to the broker. `after`: the broker
has acknowledged it, and nothing is marked as published. It says `held` once it stands there; then
it can be killed at that very point.
"""

import asyncio
import importlib
import sys
from typing import Any, Literal

from chassis.outbox.relay import Relay

HELD = "held"
Point = Literal["before", "after"]


async def _hold() -> None:
    sys.stdout.write(f"{HELD}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _arm(point: str) -> None:
    publish: Any = getattr(Relay, "_publish")  # noqa: B009 - a step of its own, not meant for others

    async def step(*arguments: Any) -> Any:
        if point == "after":
            await publish(*arguments)
        await _hold()

    setattr(Relay, "_publish", step)  # noqa: B010


if __name__ == "__main__":
    _arm(sys.argv[2])
    importlib.import_module(f"services.{sys.argv[1]}.main").service.serve()
