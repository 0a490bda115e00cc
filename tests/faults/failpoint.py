"""`python -m tests.faults.failpoint <service> <point>`: a service whose relay stops for ever at one
point.

`before`: events are written, and nothing has gone to the broker. `after`: the broker has
acknowledged them, and nothing is marked as published. It prints `held` once it is there, and can
then be killed at that very point.
"""

import asyncio
import importlib
import sys
from typing import Any, Literal

from chassis.sending.sender import Sender

HELD = "held"
Point = Literal["before", "after"]


async def _hold() -> None:
    sys.stdout.write(f"{HELD}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _arm(point: str) -> None:
    async def step(*_: Any) -> None:
        await _hold()

    setattr(Sender, "_publish" if point == "before" else "_remember", step)


if __name__ == "__main__":
    _arm(sys.argv[2])
    importlib.import_module(f"services.{sys.argv[1]}.main").service.serve()
