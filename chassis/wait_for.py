"""Python 3.12's `asyncio.wait_for` for 3.11, whose own loses a cancellation that comes just as the
wait ends.

PyMongo sends every request through it: a relay that was told to end, or a call whose time limit
struck, went on as if nothing had been (gh-86296; fixed in 3.12 only). It also made a task of every
wait; this makes none.
"""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")
_old = asyncio.wait_for


async def wait_for(fut: Awaitable[T], timeout: float | None) -> T:
    if timeout is not None and timeout <= 0:  # takes what is there already, as it always did
        return await _old(fut, timeout)
    async with asyncio.timeout(timeout):
        return await fut


def install() -> None:
    """Once for the process. Safe to call again."""
    if sys.version_info < (3, 12):
        module: Any = asyncio
        module.wait_for = wait_for
