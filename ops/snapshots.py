"""Publishes the present state of a service's aggregates anew, for readers that begin later:
`python -m ops.snapshots [SERVICE]` (default: the variable SERVICE, which each image sets).

Needed once after an upgrade from a version without snapshots, and after somebody damaged a snapshot
topic. Safe while the service runs: its relay sends what this writes, in order with everything else.
"""

import argparse
import asyncio
import os
import sys
from importlib import import_module
from typing import Any

from pymongo.errors import PyMongoError

from chassis.mongo.repository import Repository
from chassis.service import Service
from chassis.snapshots.restating import StateOf, restate


async def restate_all(service: Service) -> dict[str, int]:
    """Collection -> messages that the relay will send."""
    return {
        repository.name: await _restate(repository, state_of)
        for repository, state_of in service.restated
    }


async def _restate(repository: Repository[Any], state_of: StateOf) -> int:
    """Aggregates that are added meanwhile say their state themselves."""
    ids = repository.collection.find({}, {"_id": 1}, sort=[("_id", 1)])
    return sum([await restate(repository, found["_id"], state_of) async for found in ids])


async def _run(service: Service) -> dict[str, int]:
    try:
        return await restate_all(service)
    finally:
        await service.store.close()


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.snapshots", description="Publish the state of all aggregates anew."
    )
    parser.add_argument("service", nargs="?", default=os.environ.get("SERVICE"))
    name = parser.parse_args(arguments).service
    if not name:
        parser.error("which service?")
    service: Service = import_module(f"services.{name}.main").service
    try:
        counts = asyncio.run(_run(service))
    except (PyMongoError, OSError, TimeoutError) as error:
        sys.stderr.write(f"the store is unavailable: {type(error).__name__}\n")
        return 1
    for collection, count in counts.items():
        sys.stdout.write(f"{count}\t{collection}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
