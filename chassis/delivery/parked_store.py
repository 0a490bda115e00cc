"""Parked messages in the service's own database, in the order of their topic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka.structs import ConsumerRecord
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.kafka.subscriptions import Delivery, Record
from chassis.mongo.store import Document, Store

COLLECTION = "parked_messages"
Partition = tuple[str, int]
Key = tuple[Partition, str]
"""A lane of a partition."""
_OFFSET = "offset"
_AS_IT_CAME = ("topic", "partition", _OFFSET, "timestamp", "timestamp_type", "key", "value")


def key_of(delivery: Delivery) -> Key:
    record, lane = delivery.record, delivery.lane
    named = lane.decode("latin-1") if isinstance(lane, bytes) else lane or ""
    return (record.topic, record.partition), named


@dataclass(frozen=True)
class ParkedMessage:
    id: str
    record: Record
    at: datetime


class ParkedStore:
    """Of one consumer group."""

    def __init__(self, store: Store, group: str) -> None:
        self._group = group
        fields = ("group", "topic", "partition", "lane", _OFFSET)
        self._messages = store.collection(
            COLLECTION, IndexModel([(field, ASCENDING) for field in fields])
        )

    async def add(self, key: Key, record: Record, error: str) -> bool:
        """Whether it is new here. `error` is an exception's name: its text may be personal."""
        document: Document = {name: getattr(record, name) for name in _AS_IT_CAME}
        document |= {
            "_id": f"{self._group}/{record.topic}/{record.partition}/{record.offset}",
            "group": self._group,
            "lane": key[1],
            "headers": [[name, value] for name, value in record.headers],
            "at": datetime.now(UTC),
            "error": error,
        }
        try:
            await self._messages.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def counts(self, partition: Partition) -> Mapping[str, int]:
        """How many are parked of each lane."""
        stages: list[Document] = [
            {"$match": {"group": self._group, "topic": partition[0], "partition": partition[1]}},
            {"$group": {"_id": "$lane", "count": {"$sum": 1}}},
        ]
        cursor = await self._messages.aggregate(stages, maxTimeMS=5000)
        return {one["_id"]: one["count"] async for one in cursor}

    async def first(self, key: Key) -> ParkedMessage | None:
        (topic, partition), lane = key
        query = {"group": self._group, "topic": topic, "partition": partition, "lane": lane}
        found = await self._messages.find_one(query, sort=[(_OFFSET, ASCENDING)], max_time_ms=5000)
        return ParkedMessage(found["_id"], _record(found), found["at"]) if found else None

    async def remove(self, id: str) -> None:
        await self._messages.delete_one({"_id": id})


def _record(document: Mapping[str, Any]) -> Record:
    headers: Sequence[tuple[str, bytes]] = [(name, value) for name, value in document["headers"]]
    fields = {name: document[name] for name in _AS_IT_CAME}
    return ConsumerRecord(
        **fields,
        checksum=None,
        serialized_key_size=len(fields["key"] or b""),
        serialized_value_size=len(fields["value"] or b""),
        headers=headers,
    )
