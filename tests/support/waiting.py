"""Waiting for a condition instead of for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(look: Callable[[], Awaitable[Any]], within: float = 20.0) -> Any:
    """What `look` gives once it gives something; fails after `within` seconds with what it gave
    last."""
    until, found = time.monotonic() + within, None
    while time.monotonic() < until:
        if found := await look():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {within} s; at last: {found}")
