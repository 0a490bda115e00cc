"""A relay in a process of its own that stops itself (SIGSTOP) at the point in `STOP_AT`.

`before:<n>`: before it gives the n-th event to its producer; `after:<n>`: the n-th is in the
producer's buffer; `unmarked`: published, but not marked. A header of each message names the relay.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.clock import Clock
from chassis.kafka.publisher import Headers, Publisher
from chassis.mongo.repository import Repository
from chassis.mongo.store import Document, Store
from chassis.outbox.relay import Relay
from chassis.outbox.unpublished import Outbox
from chassis.sending.sender import Sender
from chassis.tests.counter import Counter
from chassis.tests.outbox.topic import NamedPublisher

NAME, LEASE_SECONDS = os.environ["CHILD"], 2.0


def stop_at(point: str) -> None:
    if os.environ.get("STOP_AT") == point:
        os.kill(os.getpid(), signal.SIGSTOP)


class StoppingPublisher(NamedPublisher):
    count = 0

    async def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> "asyncio.Future[Any]":
        self.count += 1
        stop_at(f"before:{self.count}")
        sent = await super().put(topic, key, value, headers, partition)
        stop_at(f"after:{self.count}")
        return sent


class StoppingSender(Sender):
    async def _publish(self, batches: Mapping[Outbox, Sequence[Document]]) -> bool:
        done = await super()._publish(batches)
        stop_at("unmarked")
        return done


class StoppingRelay(Relay):
    def __init__(self, store: Store, publisher: Publisher) -> None:
        super().__init__(store, publisher, LEASE_SECONDS)
        self._shares.holder = NAME
        self._sender = StoppingSender(publisher, self._shares, store.outboxes, self._settled)

    async def _turn(self) -> None:
        print("turn begins")
        await super()._turn()


async def main() -> None:
    store = Store(os.environ["MONGO_URL"], os.environ["DATABASE"], Clock())
    Repository(store, "counters", Counter)
    publisher = StoppingPublisher(os.environ["KAFKA_BOOTSTRAP"], NAME)
    await publisher.start()
    running = asyncio.create_task(StoppingRelay(store, publisher).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await asyncio.wait({running})
    await publisher.stop()


if __name__ == "__main__":
    asyncio.run(main())
