"""Patches for faults of libraries. Each names the upstream issue, and when it can be deleted."""

import asyncio
import sys
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any, TypeVar

import pymongo.lock
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, ProducerClosed, kafka_errors
from aiokafka.protocol.fetch import FetchRequest

from chassis.errors import InvalidRecordError

T = TypeVar("T")
_library_wait_for = asyncio.wait_for
_library_send = AIOKafkaConnection.send
_FETCHES: Any = "fetches"
"""Beside aiokafka's own two groups of connections."""
_A_DAY = 86_400.0  # seconds


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


async def abandon(producer: AIOKafkaProducer) -> None:
    """End a producer that has no chance to send what it holds: that fails. aiokafka's `stop` waits
    for ever for a partition without a leader, and leaves its tasks running when it is given up.

    Delete when aiokafka's `stop` has a time limit (no issue is known).
    """
    inner: Any = producer
    inner._message_accumulator.fail_all(ProducerClosed())
    task: asyncio.Task[None] | None = inner._sender.sender_task
    if task is not None:
        task.cancel()
    await producer.client.close()  # ends the requests that the task waits for
    if task is not None:
        await asyncio.wait((task,), timeout=2.0)


class FetchingConsumer(AIOKafkaConsumer):
    """Its fetches may wait long at the broker, and nothing else waits with them. After messages
    were taken the next fetch rests `linger` seconds: what comes meanwhile comes with it. Only for
    callers that read all partitions together, by `getmany`.

    A broker answers the requests of a connection in order, and a fetch that finds nothing only when
    something comes. aiokafka lets other things wait behind a fetch, which takes half a second by
    default.

    Delete when aiokafka sends fetches over connections of their own, and can rest between them (no
    issue is known).
    """

    def __init__(self, linger: float = 0.0, **options: Any) -> None:
        # The broker answers as soon as there is a message. Less than a request's time limit.
        waits: dict[str, Any] = {"fetch_max_wait_ms": 5000, "consumer_timeout_ms": 2000}
        limits: dict[str, Any] = {"request_timeout_ms": 15_000, "metadata_max_age_ms": 30_000}
        super().__init__(
            enable_auto_commit=False, auto_offset_reset="earliest", **(waits | limits | options)
        )
        client: Any = self._client
        client.send = partial(self._send_apart, client, client.send)
        self._linger, self._rests_until = linger, 0.0

    async def getmany(self, *partitions: Any, **options: Any) -> Any:
        taken = await super().getmany(*partitions, **options)
        if taken:
            self._rests_until = time.monotonic() + self._linger
        return taken

    async def start(self) -> None:
        await super().start()
        # While messages of a partition wait here to be taken, aiokafka fetches only the others, and
        # that fetch then keeps the partition waiting too. So nothing is fetched meanwhile.
        fetcher: Any = self._fetcher
        fetcher._prefetch_backoff = _A_DAY

    async def _send_apart(
        self, client: AIOKafkaClient, send: Any, node: int, request: Any, **options: Any
    ) -> Any:
        """Fetches have a connection of their own: what asks for offsets or metadata does not wait
        behind them. One that is given up, when partitions move between members, closes it: the next
        fetch would wait behind it."""
        if not isinstance(request, FetchRequest):
            return await send(node, request, **options)
        rest = self._rests_until - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        try:
            return await send(node, request, group=_FETCHES)
        except asyncio.CancelledError:
            connection = client._conns.get((node, _FETCHES))  # pyright: ignore[reportPrivateUsage]
            if connection is not None:
                connection.close()
            raise


def install() -> None:
    """Once for the process. Safe to call again."""
    AIOKafkaConnection.send = _send
    # Delete when aiokafka knows error 87 (no issue is known).
    kafka_errors[InvalidRecordError.errno] = InvalidRecordError
    if sys.version_info < (3, 12):
        modules: tuple[Any, ...] = (asyncio, pymongo.lock)  # the latter imports it by its name
        for module in modules:
            module.wait_for = wait_for
