"""Messages that cannot be processed: each becomes one dead letter, and nothing waits for it."""

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from chassis.broker.connection import MAX_BYTES
from chassis.kafka.publisher import Publisher
from chassis.tests.conftest import consuming
from chassis.tests.counter import TOPIC
from chassis.tests.kafka.effects import Effects
from chassis.tests.kafka.topic import body, dead_lettered, publish
from tests.support.backend import Backend

pytestmark = [pytest.mark.servers, pytest.mark.faults]
POISON: dict[str, tuple[bytes, list[tuple[str, Any]]]] = {
    "not text": (b"\xff\xfe\x00", []),
    "deeply nested": (b'{"id":' + b"[" * 50_000, []),
    "of maximum size": (b"x" * (MAX_BYTES - 2000), [("traceparent", b"\xff" * 100)]),
    "header without value": (b"{}", [("traceparent", None)]),
}


@pytest.mark.parametrize("kind", POISON)
async def test_poison_becomes_one_dead_letter_and_the_others_are_processed(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, kind: str
):
    value, headers = POISON[kind]
    bare = AIOKafkaProducer(
        bootstrap_servers=backend.kafka_bootstrap, max_request_size=2 * MAX_BYTES
    )
    await bare.start()
    await bare.send_and_wait(TOPIC, value, key=name.encode(), headers=headers)
    await bare.stop()
    async with consuming(backend, publisher, name, effects.subscriptions):
        for id in (name, f"{name}-other"):
            await publish(publisher, id, 1, 2)
            await effects.wait_for(id, 2)
    (letter,) = await dead_lettered(backend, name, 1)
    assert letter.value == value


@pytest.mark.parametrize("trace", [b"\xff\xfe", b"", None], ids=["not text", "empty", "no value"])
async def test_a_message_with_a_bad_trace_header_is_processed(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, trace: Any
):
    value, headers = body(name, 1).encode(), [("traceparent", trace)]
    await (await publisher.put(TOPIC, name.encode(), value, headers))
    async with consuming(backend, publisher, name, effects.subscriptions):
        await effects.wait_for(name, 1)


async def test_a_producer_with_a_refused_batch_restarts(
    backend: Backend, publisher: Publisher, name: str
):
    """A refused batch leaves a gap in its sequence: the broker then takes nothing more of it."""
    value = body(name, 1).encode()
    await (await publisher.put(TOPIC, name.encode(), value, []))
    for refused_value, reason in (
        (b"x" * (MAX_BYTES + 100_000), "MessageSizeTooLarge"),
        (value, "OutOfOrderSequence"),
    ):
        refused = await publisher.put(TOPIC, name.encode(), refused_value, [])
        with pytest.raises(Exception, match=reason):
            await refused
    await publisher.heal()
    await (await publisher.put(TOPIC, name.encode(), value, []))
