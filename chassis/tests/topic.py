"""What tests put on their topic, and find among its letters put aside."""

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from chassis.bus import Publisher
from chassis.clock import Clock
from chassis.store import outbox_entry
from chassis.tests.counter import TOPIC, Counted
from contracts.topics import dead
from tests.backend import Backend
from tests.waiting import eventually


async def send(publisher: Publisher, counter: str, *seqs: int, lane: str = "") -> None:
    for seq in seqs:
        event = Counted(counter=counter, total=seq, lane=lane)
        await (
            await publisher.send(outbox_entry("counters", counter, seq, event, Clock().now(), ""))
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
