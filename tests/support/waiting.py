"""Waiting for a condition instead of for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
_INTERVAL = 0.02  # seconds between two tries


@overload
async def eventually(
    probe: Callable[[], Awaitable[T | None]],
    *,
    what: str = "",
    within: float = 20.0,
    retry_on: tuple[type[Exception], ...] = (),
) -> T: ...


@overload
async def eventually(
    probe: Callable[[], Awaitable[T]],
    accept: Callable[[T], object],
    *,
    what: str = "",
    within: float = 20.0,
    retry_on: tuple[type[Exception], ...] = (),
) -> T: ...


async def eventually(
    probe: Callable[[], Awaitable[Any]],
    accept: Callable[[Any], object] = bool,
    *,
    what: str = "",
    within: float = 20.0,
    retry_on: tuple[type[Exception], ...] = (),
) -> Any:
    """What `probe` gives once `accept` holds for it; without `accept`, once it is truthy.

    Errors of the kinds in `retry_on` count as not yet. Fails after `within` seconds with `what` was
    waited for, and the last value or error.
    """
    deadline, last = time.monotonic() + within, None
    while time.monotonic() < deadline:
        try:
            last = await probe()
        except retry_on as error:
            last = error
        else:
            if accept(last):
                return last
        await asyncio.sleep(_INTERVAL)
    raise AssertionError(f"{what or 'condition'} not met within {within} s; last: {last}")
