"""Lists and frees what is parked: `python -m ops.parked list|free|skip --service S [--id ID]`.

Refused events: the broker will never take one (too large, invalid), and its aggregate's later
events wait behind it. `free` lets the relay try again, for instance after the topic's limit was
raised. `skip` gives the one event up, so that those behind it go out: it is kept in the collection
`skipped_events`, and no consumer will ever see it.

Parked messages: those of a key that fails while others succeed. The service tries them again by
itself, in order; `list` shows how many there are and since when. Contents are never printed.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from chassis.delivery.parked_store import COLLECTION
from chassis.sending.refused import FIELD
from chassis.settings import Settings

Database = AsyncDatabase[dict[str, Any]]
_SKIPPED = "skipped_events"


@dataclass(frozen=True)
class RefusedEvent:
    """`waiting`: events in its aggregate's outbox, itself included."""

    collection: str
    aggregate: str
    seq: int
    type: str
    error: str
    at: datetime
    waiting: int

    def line(self) -> str:
        parts = (self.collection, self.aggregate, self.seq, self.type, self.error)
        return "\t".join(map(str, ("refused", *parts, self.at.isoformat(), self.waiting)))


@dataclass(frozen=True)
class ParkedKey:
    """Messages of one key of one topic that wait to be tried again."""

    group: str
    topic: str
    key: str
    error: str
    since: datetime
    waiting: int

    def line(self) -> str:
        parts = (self.group, self.topic, self.key, self.error, self.since.isoformat(), self.waiting)
        return "\t".join(map(str, ("parked", *parts)))


async def refused_events(database: Database) -> list[RefusedEvent]:
    """Reads every aggregate with unpublished events: few."""
    found: list[RefusedEvent] = []
    for name in sorted(await database.list_collection_names()):
        cursor = database[name].find({"pending": True, FIELD: {"$exists": True}})
        async for one in cursor:
            why, waiting = one[FIELD], len(one["outbox"])
            found.append(
                RefusedEvent(
                    name, one["_id"], why["seq"], why["type"], why["error"], why["at"], waiting
                )
            )
    return found


async def parked_keys(database: Database) -> list[ParkedKey]:
    """By group, topic and key."""
    stages: list[dict[str, Any]] = [
        {"$sort": {"offset": 1}},
        {
            "$group": {
                "_id": {"group": "$group", "topic": "$topic", "lane": "$lane"},
                "error": {"$first": "$error"},
                "since": {"$min": "$at"},
                "count": {"$sum": 1},
            }
        },
        {"$sort": {"_id": 1}},
    ]
    cursor = await database[COLLECTION].aggregate(stages)
    return [
        ParkedKey(
            one["_id"]["group"],
            one["_id"]["topic"],
            one["_id"]["lane"],
            one["error"],
            one["since"],
            one["count"],
        )
        async for one in cursor
    ]


async def free(database: Database, aggregate: str | None = None) -> int:
    """The relay sends them again within 5 s. Gives how many aggregates."""
    freed = 0
    for one in await refused_events(database):
        if aggregate in (None, one.aggregate):
            query = {"_id": one.aggregate, f"{FIELD}.seq": one.seq}
            freed += (
                await database[one.collection].update_one(query, {"$unset": {FIELD: ""}})
            ).modified_count
    return freed


async def skip(database: Database, aggregate: str) -> int:
    """Gives up the refused event of this aggregate; what waits behind it goes out."""
    skipped = 0
    for one in await refused_events(database):
        if one.aggregate != aggregate:
            continue
        collection = database[one.collection]
        document = await collection.find_one({"_id": aggregate}, {"outbox": 1})
        entries = document["outbox"] if document else []
        for entry in (entry for entry in entries if entry["seq"] == one.seq):
            id = f"{one.collection}/{aggregate}/{one.seq}"
            await database[_SKIPPED].replace_one({"_id": id}, {"entry": entry}, upsert=True)
        left = {"$filter": {"input": "$outbox", "cond": {"$ne": ["$$this.seq", one.seq]}}}
        flag = {"$cond": [{"$gt": [{"$size": "$outbox"}, 0]}, True, "$$REMOVE"]}
        changes = [{"$set": {"outbox": left}}, {"$set": {"pending": flag}}, {"$unset": FIELD}]
        query = {"_id": aggregate, f"{FIELD}.seq": one.seq}
        skipped += (await collection.update_one(query, changes)).modified_count
    return skipped


async def _run(command: str, service: str, id: str | None) -> list[str]:
    client = AsyncMongoClient[dict[str, Any]](Settings().mongo_url, tz_aware=True)
    try:
        database = client.get_database(service)
        if command == "free":
            return [f"{await free(database, id)} freed"]
        if command == "skip":
            return [f"{await skip(database, id or '')} skipped"]
        refused, keys = await refused_events(database), await parked_keys(database)
        lines = [one.line() for one in refused] + [one.line() for one in keys]
        return [*lines, f"{len(refused)} refused events, {len(keys)} parked keys"]
    finally:
        await client.close()


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops.parked", description=__doc__)
    parser.add_argument("command", choices=["list", "free", "skip"])
    parser.add_argument("--service", required=True, help="whose database, as in dispatch")
    parser.add_argument("--id", default=None, help="of the aggregate; `skip` needs it")
    options = parser.parse_args(arguments)
    if options.command == "skip" and options.id is None:
        parser.error("skip needs --id")
    try:
        lines = asyncio.run(_run(options.command, options.service, options.id))
    except PyMongoError as error:
        sys.stderr.write(f"the store is unavailable: {type(error).__name__}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
