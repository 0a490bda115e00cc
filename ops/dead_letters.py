"""The letters put aside: `python -m ops.dead_letters list|replay --topic <topic> [--limit n]
[--all]`.

A letter that is replayed goes back to the topic it came from, as it was. Consumers see through
repeats, so replaying twice leaves the same state. How far was replayed is kept by the broker (group
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

from chassis.outbox.publisher import Headers, Publisher
from chassis.settings import Settings
from contracts.envelope import Envelope
from contracts.topics import dead

GROUP = "deadletter-replay"
Record = ConsumerRecord[bytes, bytes]


@dataclass(frozen=True)
class Letter:
    """A message that could not be applied, with the reason. Its value is never shown: nobody could
    read it."""

    record: Record

    def why(self, name: str) -> str:
        return dict(self.record.headers).get(f"dead-{name}", b"").decode("utf-8", "replace")

    @property
    def headers(self) -> Headers:
        """Those that it came with."""
        return [
            (name, value) for name, value in self.record.headers if not name.startswith("dead-")
        ]

    def line(self) -> str:
        try:
            type_ = Envelope.model_validate_json(self.record.value or b"").type
        except ValidationError:
            type_ = "?"
        key = (self.record.key or b"").decode("utf-8", "replace")
        place = f"{self.record.partition}:{self.record.offset}"
        return "\t".join(
            [place, type_, key, self.why("reason"), self.why("error"), self.why("group")]
        )


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncGenerator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
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
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([topic])
        return sorted(part["partition"] for part in described["partitions"])
    finally:
        await admin.close()


async def _letters(
    bootstrap: str, consumer: AIOKafkaConsumer, topic: str, limit: int | None, everything: bool
) -> AsyncGenerator[Letter]:
    """Those that are there now: a letter that comes back while it is replayed is one for the next
    time."""
    if dead(topic) not in await consumer.topics():
        return
    partitions = [TopicPartition(dead(topic), n) for n in await _partitions(bootstrap, dead(topic))]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    if everything:
        await consumer.seek_to_beginning(*partitions)
    given = 0
    for partition, end in ends.items():
        while await consumer.position(partition) < end and given != limit:
            async with asyncio.timeout(30):
                record = await consumer.getone(partition)
            if record.offset < end:
                given += 1
                yield Letter(record)


async def show(
    bootstrap: str, topic: str, limit: int | None = None, everything: bool = False
) -> list[Letter]:
    """The letters not replayed yet, or all that the broker still has."""
    async with _reader(bootstrap) as consumer:
        return [letter async for letter in _letters(bootstrap, consumer, topic, limit, everything)]


async def replay(
    bootstrap: str, topic: str, limit: int | None = None, everything: bool = False
) -> list[Letter]:
    """Put letters back; each counts as replayed once the broker has it."""
    publisher = Publisher(bootstrap, GROUP)
    await publisher.start()
    done: list[Letter] = []
    try:
        async with _reader(bootstrap) as consumer:
            async for letter in _letters(bootstrap, consumer, topic, limit, everything):
                record = letter.record
                back = letter.why("topic") or topic
                await (await publisher.put(back, record.key, record.value, letter.headers))
                await consumer.commit(
                    {TopicPartition(record.topic, record.partition): record.offset + 1}
                )
                done.append(letter)
    finally:
        await publisher.stop()
    return done


def main(arguments: list[str] | None = None) -> int:
    """The command; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.dead_letters", description="Letters that were put aside"
    )
    parser.add_argument("what", choices=["list", "replay"])
    parser.add_argument(
        "--topic", required=True, help="the topic they came from, as in dispatch.events"
    )
    parser.add_argument("--limit", type=int, default=None, help="at most so many")
    parser.add_argument(
        "--all", action="store_true", help="from the beginning, also those replayed before"
    )
    given = parser.parse_args(arguments)
    act = replay if given.what == "replay" else show
    try:
        letters = asyncio.run(act(Settings().kafka_bootstrap, given.topic, given.limit, given.all))
    except (KafkaError, OSError, TimeoutError) as error:
        sys.stderr.write(f"the broker is away: {type(error).__name__}\n")
        return 1
    for letter in letters:
        sys.stdout.write(letter.line() + "\n")
    sys.stdout.write(f"{len(letters)} {'replayed' if given.what == 'replay' else 'put aside'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
