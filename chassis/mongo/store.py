"""A service's own database: connection, collections, and what waits for the relay."""

import secrets
from collections import defaultdict
from datetime import datetime
from typing import Any

from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

from chassis import patches
from chassis.clock import Clock
from chassis.mongo.published import Published
from chassis.outbox.unpublished import Outbox, Unpublished
from chassis.outbox.wakeups import Wakeups

patches.install()
Document = dict[str, Any]


def new_id(kind: str) -> str:
    """A new unguessable id, as in `rep_8f0c2e...` (80 random bits)."""
    return f"{kind}_{secrets.token_hex(10)}"


class Store:
    """Writes are acknowledged by the majority and journalled; every call has a time limit."""

    def __init__(self, url: str, name: str, clock: Clock) -> None:
        self.client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            tz_aware=True,
            serverSelectionTimeoutMS=4000,
            connectTimeoutMS=3000,
            socketTimeoutMS=10_000,
            w="majority",
            journal=True,
            wTimeoutMS=8000,
            retryWrites=True,
            maxPoolSize=64,
            waitQueueTimeoutMS=5000,
        )
        self.database: AsyncDatabase[Document] = self.client.get_database(
            name, read_concern=ReadConcern("majority")
        )
        self.wakeups = Wakeups(self.database)
        self.clock = clock
        self.outboxes: list[Outbox] = []
        self.replicas: list[AsyncCollection[Document]] = []
        """Of other services' state: built again from their snapshots where one is empty."""
        self.sealed: list[Any] = []
        """Collections with sealed documents: `chassis.personal.stored_before.Sealable`."""
        self.unpublished = Unpublished()
        self.published: defaultdict[str, Published] = defaultdict(Published)
        """By collection."""
        self._indexes: list[tuple[AsyncCollection[Document], list[IndexModel]]] = []

    def collection(self, name: str, *indexes: IndexModel) -> AsyncCollection[Document]:
        collection = self.database[name]
        if indexes:
            self._indexes.append((collection, list(indexes)))
        return collection

    async def prepare(self) -> None:
        """Create indexes and the wake-up collection. Safe on several replicas at once."""
        for collection, indexes in self._indexes:
            await collection.create_indexes(indexes)
        await self.wakeups.prepare()

    async def server_time(self) -> datetime:
        return (await self.client.admin.command("hello"))["localTime"]

    async def ping(self) -> None:
        await self.client.admin.command("ping")

    async def close(self) -> None:
        await self.client.close()
