"""What tests publish on their topic, and read from its dead-letter topic."""

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from chassis.clock import Clock
from chassis.kafka.publisher import Publisher
from chassis.outbox.entries import outbox_entry
from chassis.tests.counter import TOPIC, Counted
from contracts.topics import dead
from tests.support.backend import Backend
from tests.support.waiting import eventually


async def publish(
    publisher: Publisher, counter: str, *seqs: int, lane: str = "", event: type[Counted] = Counted
) -> None:
    for seq in seqs:
        fact = event(counter=counter, total=seq, lane=lane)
        entry = outbox_entry("counters", counter, seq, fact, Clock().now(), "")
        await (await publisher.send(entry))


def body(counter: str, seq: int) -> str:
    """The value of a message."""
    event = Counted(counter=counter, total=seq)
    return outbox_entry("counters", counter, seq, event, Clock().now(), "")["body"]


async def dead_lettered(
    backend: Backend, key: str, count: int
) -> list[ConsumerRecord[bytes, bytes]]:
    """The dead letters of a key, once there are `count`."""
    found: list[ConsumerRecord[bytes, bytes]] = []
    consumer = AIOKafkaConsumer(
        dead(TOPIC), bootstrap_servers=backend.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(record for record in records if record.key == key.encode())
            return len(found) >= count

        await eventually(enough, what=f"{count} dead letters of {key}")
    finally:
        await consumer.stop()
    return found
