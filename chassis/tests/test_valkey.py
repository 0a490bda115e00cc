"""More calls at once than connections: they wait, and none fails."""

import asyncio

import pytest

from chassis.errors import is_transient
from chassis.valkey.client import connect
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


async def test_calls_wait_for_a_connection(backend: Backend) -> None:
    redis = connect(backend.redis_url)
    answers = await asyncio.gather(
        *(redis.ping() for _ in range(250)),
        return_exceptions=True,
    )
    assert answers == [True] * 250
    await redis.aclose()


async def test_who_waits_too_long_reads_that_it_is_busy(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.valkey.client._CONNECTIONS", 1)
    monkeypatch.setattr("chassis.valkey.client._WAIT", 0.05)
    redis = connect(backend.redis_url)
    async with redis.pubsub() as channel:
        await channel.subscribe("taken")
        with pytest.raises(Exception, match="No connection") as failed:
            await redis.get("anything")
    assert is_transient(failed.value)
    await redis.aclose()
