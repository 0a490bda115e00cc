"""Lists and replays dead letters: `python -m ops.dead_letters list|replay --topic TOPIC
[--limit N] [--all]`.

A replayed message goes back unchanged to the topic that it came from. Consumers recognise repeats,
so replaying twice leaves the same state. The broker keeps the replay position (consumer group
`deadletter-replay`).
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from chassis.broker.connection import broker
from chassis.kafka.publisher import Headers, Publisher
from chassis.settings import Settings
from contracts.envelope import Envelope
from contracts.topics import dead

GROUP = "deadletter-replay"
Record = ConsumerRecord[bytes, bytes]


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be applied, with the reason. Its value is never printed."""

    record: Record

    def detail(self, name: str) -> str:
        """The header `dead-<name>`: reason, error, group or topic."""
        return dict(self.record.headers).get(f"dead-{name}", b"").decode("utf-8", "replace")

    @property
    def headers(self) -> Headers:
        """The message's original headers."""
        return [
            (name, value) for name, value in self.record.headers if not name.startswith("dead-")
        ]

    def line(self) -> str:
        """partition:offset, event type, key, reason, error and consumer group, tab-separated."""
        try:
            type_ = Envelope.model_validate_json(self.record.value or b"").type
        except ValidationError:
            type_ = "?"
        key = (self.record.key or b"").decode("utf-8", "replace")
        place = f"{self.record.partition}:{self.record.offset}"
        details = (self.detail(name) for name in ("reason", "error", "group"))
        return "\t".join([place, type_, key, *details])


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncGenerator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **broker(bootstrap),
        group_id=GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=15_000,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topic: str) -> list[int]:
    admin = AIOKafkaAdminClient(**broker(bootstrap), request_timeout_ms=10_000)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([topic])
        return sorted(part["partition"] for part in described["partitions"])
    finally:
        await admin.close()


async def _dead_letters(
    bootstrap: str, consumer: AIOKafkaConsumer, topic: str, limit: int | None, everything: bool
) -> AsyncGenerator[DeadLetter]:
    """Up to the end of the topic as of now: what fails again during a replay waits for the next
    one."""
    if dead(topic) not in await consumer.topics():
        return
    partitions = [TopicPartition(dead(topic), n) for n in await _partitions(bootstrap, dead(topic))]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    if everything:
        await consumer.seek_to_beginning(*partitions)
    yielded = 0
    for partition, end in ends.items():
        while await consumer.position(partition) < end and yielded != limit:
            async with asyncio.timeout(30):
                record = await consumer.getone(partition)
            if record.offset < end:
                yielded += 1
                yield DeadLetter(record)


async def show(
    bootstrap: str, topic: str, limit: int | None = None, everything: bool = False
) -> list[DeadLetter]:
    """Those not replayed yet, or, with `everything`, all that the broker still has."""
    async with _reader(bootstrap) as consumer:
        found = _dead_letters(bootstrap, consumer, topic, limit, everything)
        return [dead_letter async for dead_letter in found]


async def replay(
    bootstrap: str, topic: str, limit: int | None = None, everything: bool = False
) -> list[DeadLetter]:
    """Sends them back to their topics; each counts as replayed once the broker acknowledged it."""
    publisher = Publisher(bootstrap, GROUP)
    await publisher.start()
    replayed: list[DeadLetter] = []
    try:
        async with _reader(bootstrap) as consumer:
            found = _dead_letters(bootstrap, consumer, topic, limit, everything)
            async for dead_letter in found:
                record = dead_letter.record
                origin = dead_letter.detail("topic") or topic
                sent = await publisher.put(origin, record.key, record.value, dead_letter.headers)
                await sent
                await consumer.commit(
                    {TopicPartition(record.topic, record.partition): record.offset + 1}
                )
                replayed.append(dead_letter)
    finally:
        await publisher.stop()
    return replayed


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.dead_letters", description="List or replay dead letters."
    )
    parser.add_argument("command", choices=["list", "replay"])
    parser.add_argument("--topic", required=True, help="the original topic, as in dispatch.events")
    parser.add_argument("--limit", type=int, default=None, help="maximum number of messages")
    parser.add_argument(
        "--all", action="store_true", help="from the beginning, including those already replayed"
    )
    options = parser.parse_args(arguments)
    act = replay if options.command == "replay" else show
    try:
        found = asyncio.run(
            act(Settings().kafka_bootstrap, options.topic, options.limit, options.all)
        )
    except (KafkaError, OSError, TimeoutError) as error:
        sys.stderr.write(f"the broker is unavailable: {type(error).__name__}\n")
        return 1
    for dead_letter in found:
        sys.stdout.write(dead_letter.line() + "\n")
    done = "replayed" if options.command == "replay" else "dead letters"
    sys.stdout.write(f"{len(found)} {done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
