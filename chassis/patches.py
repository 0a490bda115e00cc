"""Patches for faults of libraries. Each names the upstream issue, and when it can be deleted."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any, TypeVar

import pymongo.lock
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

T = TypeVar("T")
_library_wait_for = asyncio.wait_for
_library_send = AIOKafkaConnection.send


async def wait_for(fut: Awaitable[T], timeout: float | None) -> T:
    """Python 3.12's `asyncio.wait_for`. That of 3.11 loses a cancellation that comes just as the
    wait ends (cpython gh-86296), and PyMongo sends every request through it. It also waits in a
    task of its own: one cancelled twice leaves the lock of PyMongo's pool taken for ever.

    Delete when Python 3.12 is the oldest supported version.
    """
    if timeout is not None and timeout <= 0:  # takes a result that is ready, as the library's does
        return await _library_wait_for(fut, timeout)
    async with asyncio.timeout(timeout):
        return await fut


def _send(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
    """uvloop refuses a write to a broken connection with a RuntimeError. aiokafka expects an
    OSError; its tasks that meet anything else end silently, and the consumer then stands still
    (aiokafka issue 1038).

    Delete when aiokafka handles a RuntimeError of the transport.
    """
    try:
        return _library_send(self, request, expect_response)
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} is lost") from error


def install() -> None:
    """Once for the process. Safe to call again."""
    AIOKafkaConnection.send = _send
    if sys.version_info < (3, 12):
        modules: tuple[Any, ...] = (asyncio, pymongo.lock)  # the latter imports it by its name
        for module in modules:
            module.wait_for = wait_for
