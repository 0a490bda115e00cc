"""What tests put on their topic, and find among its letters put aside."""

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from chassis.clock import Clock
from chassis.outbox.entries import outbox_entry
from chassis.outbox.publisher import Publisher
from chassis.tests.counter import TOPIC, Counted
from contracts.topics import dead
from tests.support.backend import Backend
from tests.support.waiting import eventually


async def send(
    publisher: Publisher, counter: str, *seqs: int, lane: str = "", event: type[Counted] = Counted
) -> None:
    for seq in seqs:
        fact = event(counter=counter, total=seq, lane=lane)
        await (
            await publisher.send(outbox_entry("counters", counter, seq, fact, Clock().now(), ""))
        )


async def letters(backend: Backend, key: str, count: int) -> list[ConsumerRecord[bytes, bytes]]:
    found: list[ConsumerRecord[bytes, bytes]] = []
    topic = dead(TOPIC)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=backend.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(record for record in records if record.key == key.encode())
            return len(found) >= count

        await eventually(enough)
    finally:
        await consumer.stop()
    return found
