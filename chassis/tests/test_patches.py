"""A broker that goes while something is written to it: each event loop says so in words of its
own."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from chassis import patches

patches.install()


class Connection(AIOKafkaConnection):
    """To a broker that speaks of no versions."""

    async def _do_version_lookup(self) -> None:
        self._versions = {MetadataRequest.API_KEY: (0, 5)}


async def _write_to_a_lost_one() -> None:
    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        connection: Any = Connection(
            "127.0.0.1", server.sockets[0].getsockname()[1], request_timeout_ms=2000
        )
        await connection.connect()
        connection._writer.transport.abort()
        await asyncio.sleep(0)  # a turn of the loop, in which the socket goes
        with pytest.raises(KafkaConnectionError):
            await connection.send(MetadataRequest([]))


@pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_a_write_to_a_lost_connection_is_a_connection_error(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_write_to_a_lost_one())
