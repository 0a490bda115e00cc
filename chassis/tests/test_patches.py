"""Faults of libraries that `chassis.patches` mends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pymongo.lock
import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from chassis import patches
from chassis.tasks.loops import background

patches.install()


class Connection(AIOKafkaConnection):
    """To a broker that is not asked for its versions."""

    async def _do_version_lookup(self) -> None:
        self._versions = {MetadataRequest.API_KEY: (0, 5)}


async def _write_to_a_lost_connection() -> None:
    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        connection: Any = Connection(
            "127.0.0.1", server.sockets[0].getsockname()[1], request_timeout_ms=2000
        )
        await connection.connect()
        connection._writer.transport.abort()
        await asyncio.sleep(0)  # one turn of the loop, in which the socket closes
        with pytest.raises(KafkaConnectionError):
            await connection.send(MetadataRequest([]))


@pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_a_write_to_a_lost_connection_is_a_connection_error(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_write_to_a_lost_connection())


async def test_a_cancellation_at_the_moment_a_wait_ends_is_not_lost() -> None:
    ended, continued = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def wait() -> None:
        await asyncio.wait_for(ended, 60)
        continued.set()

    async with background(wait()):
        await asyncio.sleep(0)  # one turn of the event loop, in which it starts
        ended.set_result(None)
    assert not continued.is_set()


async def turns() -> None:
    """Some turns of the event loop, in which a cancellation arrives."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_wait_for_a_connection_that_is_cancelled_twice_leaves_no_lock() -> None:
    """As when a request's time limit and the end of the service come together."""
    lock: Any = pymongo.lock._async_create_lock()  # pyright: ignore
    pool: Any = pymongo.lock._async_create_condition(lock)  # pyright: ignore

    async def wait_for_connection() -> None:
        async with pool:
            await pymongo.lock._async_cond_wait(pool, 60)  # pyright: ignore

    task = asyncio.create_task(wait_for_connection())
    await asyncio.sleep(0)  # one turn of the event loop, in which it starts
    async with lock:
        task.cancel()
        await turns()
        task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    await turns()
    assert not lock.locked()
