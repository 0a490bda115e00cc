"""Relays in a process of its own, and puts itself to sleep where the environment says.

`SLEEP` is `before:<n>` (before it hands the n-th event to its producer), `after:<n>` (the n-th lies
in the producer's buffer) or `unmarked` (published, but not marked as such). Each message says in a
header who sent it.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from typing import Any

from chassis.clock import Clock
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from chassis.outbox.publisher import Headers, Publisher
from chassis.outbox.relay import Relay
from chassis.tests.counter import Counter

NAME, LEASE_SECONDS = os.environ["CHILD"], 2.0


def doze(point: str) -> None:
    if os.environ.get("SLEEP") == point:
        os.kill(os.getpid(), signal.SIGSTOP)


class TellingPublisher(Publisher):
    handed = 0

    async def put(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> "asyncio.Future[Any]":
        self.handed += 1
        doze(f"before:{self.handed}")
        sent = await super().put(topic, key, value, [*headers, ("relay", NAME.encode())])
        doze(f"after:{self.handed}")
        return sent


class DozingRelay(Relay):
    def __init__(self, store: Store, publisher: Publisher) -> None:
        super().__init__(store, publisher, LEASE_SECONDS)
        self._lease.holder = NAME

    async def _turn(self) -> None:
        print("a turn begins")
        await super()._turn()

    async def _publish(self, documents: Sequence[Document]) -> dict[str, int]:
        done = await super()._publish(documents)
        doze("unmarked")
        return done


async def main() -> None:
    store = Store(os.environ["MONGO_URL"], os.environ["DATABASE"], Clock())
    Repository(store, "counters", Counter)
    publisher = TellingPublisher(os.environ["KAFKA_BOOTSTRAP"], NAME)
    await publisher.start()
    running = asyncio.create_task(DozingRelay(store, publisher).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await asyncio.wait({running})
    await publisher.stop()


if __name__ == "__main__":
    asyncio.run(main())
