"""Seals the counters of a database, as `ops.seal` does; told by the variables below."""

import asyncio
import os
import sys

from chassis.clock import Clock
from chassis.mongo.store import Store
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.sealing import PersonalField, nothing
from chassis.personal.stored_before import seal_all
from chassis.tests.counter import Counter


async def main() -> None:
    store = Store(os.environ["MONGO_URL"], os.environ["DATABASE"], Clock())
    keys = PersonKeys(store, os.environ["SECRET"])
    people = SealedRepository(
        store, "counters", Counter, keys=keys, personal=[PersonalField("name", nothing)]
    )
    async for progress in seal_all(people):
        sys.stdout.write(f"seen {progress.seen}\n")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
