"""A consumer whose fetches wait long at the broker, and nothing else with them.

The broker answers the requests of a connection in order, and a fetch that finds nothing only when
something comes. aiokafka lets other things wait behind a fetch, which takes half a second by
default: with a longer one they need what is changed here.
"""

import asyncio
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest

_FETCHES: Any = "fetches"
"""Beside aiokafka's own two groups of connections."""
_A_DAY = 86_400.0  # seconds


class FetchingConsumer(AIOKafkaConsumer):
    """Only for callers that read all partitions together, by `getmany`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        client: Any = self._client
        client.send = partial(_send, client, client.send)

    async def start(self) -> None:
        await super().start()
        # While messages of a partition wait here to be taken, aiokafka fetches only the others, and
        # that fetch then keeps the partition waiting too. So nothing is fetched meanwhile.
        fetcher: Any = self._fetcher
        fetcher._prefetch_backoff = _A_DAY


async def _send(client: AIOKafkaClient, send: Any, node: int, request: Any, **options: Any) -> Any:
    """Fetches have a connection of their own: what asks for offsets or metadata does not wait
    behind them. One that is given up, when partitions move between members, closes it: the next
    fetch would wait behind it."""
    if not isinstance(request, FetchRequest):
        return await send(node, request, **options)
    try:
        return await send(node, request, group=_FETCHES)
    except asyncio.CancelledError:
        connection = client._conns.get((node, _FETCHES))  # pyright: ignore[reportPrivateUsage]
        if connection is not None:
            connection.close()
        raise
