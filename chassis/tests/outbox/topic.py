"""What relays published, and who holds the shares."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer

from chassis.kafka.publisher import Headers, Publisher
from chassis.mongo.store import Store
from chassis.tests.counter import TOPIC, Counters
from contracts.envelope import Envelope
from tests.support.waiting import eventually


class NamedPublisher(Publisher):
    """A header of each message names the relay."""

    def __init__(self, bootstrap: str, name: str) -> None:
        super().__init__(bootstrap, name)
        self._name = name

    async def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> "asyncio.Future[Any]":
        named = [*headers, ("relay", self._name.encode())]
        return await super().put(topic, key, value, named, partition)


@dataclass(frozen=True)
class Published:
    """A message on the topic: its aggregate, its sequence number, and the relay that sent it."""

    id: str
    aggregate: str
    seq: int
    relay: str


async def on_topic(bootstrap: str, of: set[str]) -> list[Published]:
    """Everything on the topic about these aggregates, in order for each."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: list[Published] = []
    try:
        for part, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(part) < end:
                async with asyncio.timeout(20):
                    record: Any = await consumer.getone(part)
                if record.key.decode() in of:
                    envelope = Envelope.model_validate_json(record.value)
                    relay = dict(record.headers).get("relay", b"").decode()
                    found.append(Published(envelope.id, envelope.aggregate, envelope.seq, relay))
    finally:
        await consumer.stop()
    return found


def without_repeats(sent: Sequence[Published]) -> dict[str, list[int]]:
    """The sequence numbers of each aggregate, as a consumer that drops repeats sees them."""
    first: dict[str, list[int]] = defaultdict(list)
    for one in sent:
        if one.seq not in first[one.aggregate]:
            first[one.aggregate].append(one.seq)
    return dict(first)


async def nothing_pending(counters: Counters) -> bool:
    return await counters.collection.count_documents({"pending": True}) == 0


async def holders(store: Store) -> set[str]:
    leases: Any = await store.collection("leases").find_one({"_id": "relay"})
    return {share["holder"] for share in leases["shares"]} if leases else set()


async def taken_over(store: Store, name: str) -> None:
    """Wait until others hold the shares of this one."""

    async def by_others() -> bool:
        found = await holders(store)
        return bool(found) and name not in found

    await eventually(by_others, within=30)
