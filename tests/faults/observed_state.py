"""What the platform has stored: every aggregate of every service, every message of every topic."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from contracts.envelope import Envelope
from contracts.topics import TOPICS, dead
from deploy.local.ports import SERVICES
from services.dispatch.policy import POLICIES
from tests.support.platform import DOMAIN_START

Document = Mapping[str, Any]
EventKey = tuple[str, str, int]
"""(collection, aggregate, seq) of an event."""
Ends = dict[TopicPartition, int]
_OPEN_MS = POLICIES.at(DOMAIN_START).open_max_s * 1000
_UNDER_WAY = {
    "due_at": {"$type": "date"},
    "$expr": {"$lt": [{"$subtract": ["$due_at", "$opened_at"]}, _OPEN_MS]},
}
"""Call-outs with a step ahead: else they wait for somebody who is free, or for their end."""


@dataclass(frozen=True)
class Fact:
    """An event on a topic; `kind` is the collection of its aggregate."""

    topic: str
    partition: int
    offset: int
    kind: str
    envelope: Envelope

    @property
    def data(self) -> Mapping[str, Any]:
        return self.envelope.data


@dataclass(frozen=True)
class ObservedState:
    """`aggregates`: by collection and id. `facts`: in the order of each partition."""

    aggregates: Mapping[str, Mapping[str, Document]]
    facts: tuple[Fact, ...]
    dead_letters: tuple[str, ...] = ()
    """Each with its reason."""
    repeats: int = 0
    """How many messages repeat one that is on its topic already."""

    def of(self, *types: str) -> list[Fact]:
        """Events of these types, each once."""
        return [fact for fact in self.distinct if fact.envelope.type in types]

    @property
    def keys(self) -> list[EventKey]:
        """Of every message, repeats included."""
        return [(fact.kind, fact.envelope.aggregate, fact.envelope.seq) for fact in self.facts]

    @property
    def distinct(self) -> list[Fact]:
        """The first message of each event."""
        return list({fact.envelope.id: fact for fact in reversed(self.facts)}.values())[::-1]


class StateReader:
    """Reads stores and topics. Never writes, and joins no consumer group."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._mongo_url, self._bootstrap = addresses["MONGO_URL"], addresses["KAFKA_BOOTSTRAP"]

    async def read(self) -> ObservedState:
        aggregates = await self._aggregates()
        facts = tuple(_fact(record) for record in await self._records(TOPICS))
        dead_records = await self._records([dead(topic) for topic in TOPICS])
        repeats = len(facts) - len({fact.envelope.id for fact in facts})
        return ObservedState(aggregates, facts, tuple(map(_dead_letter, dead_records)), repeats)

    async def _aggregates(self) -> dict[str, dict[str, Document]]:
        found: dict[str, dict[str, Document]] = {}
        async with self._mongo() as client:
            for service in SERVICES:
                for name in await _repositories(client, service):
                    documents = client[service][name].find({}, {"seen": 0, "text": 0})
                    found[name] = {document["_id"]: document async for document in documents}
        return found

    @asynccontextmanager
    async def _consumer(self) -> AsyncGenerator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, request_timeout_ms=15_000)
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def _admin(self) -> AsyncGenerator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=10_000)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    def _mongo(self) -> "AsyncMongoClient[dict[str, Any]]":
        return AsyncMongoClient(self._mongo_url, tz_aware=True, timeoutMS=20_000)

    async def _ends(self, topics: Iterable[str]) -> Ends:
        async with self._consumer() as consumer:
            return await consumer.end_offsets(await self._partitions(topics))

    async def _partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        async with self._admin() as admin:
            described = await admin.describe_topics(list(topics))
        return [
            TopicPartition(t["topic"], part["partition"])
            for t in described
            for part in t["partitions"]
        ]

    async def _records(self, topics: Iterable[str]) -> list[Any]:
        """Everything on the topics, in the order of each partition."""
        found: list[Any] = []
        parts = await self._partitions(topics)
        async with self._consumer() as consumer:
            ends = {part: end for part, end in (await consumer.end_offsets(parts)).items() if end}
            if ends:
                consumer.assign(list(ends))
                await consumer.seek_to_beginning()
            while ends:
                async with asyncio.timeout(30):
                    batches = await consumer.getmany(timeout_ms=500)
                for records in batches.values():
                    found += records
                ends = {
                    part: end for part, end in ends.items() if await consumer.position(part) < end
                }
        return found

    async def backlog(self) -> str:
        """What is left to do; empty once every event is published and processed."""
        async with self._mongo() as client:
            for service in SERVICES:
                for name in await _repositories(client, service):
                    if left := await client[service][name].count_documents({"pending": True}):
                        return f"{left} unpublished in {name}"
            if left := await client["dispatch"]["callouts"].count_documents(_UNDER_WAY):
                return f"{left} call-outs are under way"
            if left := await client["incidents"]["reports"].count_documents({"referral.step": 0}):
                return f"{left} reports are to be referred"
        lag = await self._lag()
        return f"lag: {lag}" if lag else ""

    async def _lag(self) -> dict[str, int]:
        """How many messages each consumer group has not committed."""
        ends, lag = await self._ends(TOPICS), defaultdict[str, int](int)
        async with self._admin() as admin:
            for group in SERVICES:
                committed = await admin.list_consumer_group_offsets(group)
                followed = {part.topic for part in committed}
                for part, end in ends.items():
                    done = committed[part].offset if part in committed else 0
                    if part.topic in followed and done < end:
                        lag[group] += end - max(0, done)
        return dict(lag)

    async def ends(self) -> Ends:
        return await self._ends(TOPICS)


async def _repositories(client: "AsyncMongoClient[dict[str, Any]]", service: str) -> list[str]:
    """The collections of aggregates: they have an index of unpublished events."""
    database = client[service]
    names = await database.list_collection_names()
    return sorted(
        [name for name in names if "pending_by_share" in await database[name].index_information()]
    )


def _fact(record: Any) -> Fact:
    envelope = Envelope.model_validate_json(record.value)
    kind, _, _ = envelope.id.partition("/")
    return Fact(record.topic, record.partition, record.offset, kind, envelope)


def _dead_letter(record: Any) -> str:
    why = {name: value.decode() for name, value in record.headers if name.startswith("dead-")}
    return (
        f"{_fact(record).envelope.type} dead-lettered by {why['dead-group']}: "
        f"{why['dead-reason']} {why['dead-error']}"
    )
