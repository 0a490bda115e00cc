"""Seals what a service stored before personal fields were sealed (docs/decisions/0037):
`python -m ops.seal [SERVICE] [--check]` (default: the variable SERVICE, which each image sets).

Needed once after an upgrade; back-ups from before stay readable until they are deleted. Safe while
the service runs, and may be stopped: the next run seals what is left. `--check` seals nothing; the
exit code is 3 where something is left.
"""

import argparse
import asyncio
import os
import sys
from importlib import import_module
from types import ModuleType

from pymongo.errors import PyMongoError

from chassis.errors import Unavailable
from chassis.personal.stored_before import Progress, Sealable, seal_all
from chassis.service import Service

_LEFT = 3


async def seal_service(service: Service, *, check: bool) -> int:
    """How many documents are left readable; writes the progress to stderr, and the sums to
    stdout."""
    left = 0
    for target in service.store.sealed:
        progress = await _seal(target, check=check)
        left += progress.left
        sealed = progress.readable - progress.left
        sys.stdout.write(f"{progress.left}\tleft\t{sealed}\tsealed\t{target.name}\n")
    return left


async def _seal(target: Sealable, *, check: bool) -> Progress:
    progress = Progress()
    async for progress in seal_all(target, check=check):
        sys.stderr.write(f"{target.name}: {progress.seen} seen, {progress.readable} found\n")
    return progress


async def _run(module: ModuleType, *, check: bool) -> int:
    service: Service = module.service
    try:
        if not check:
            await service.store.prepare()
        return await seal_service(service, check=check)
    finally:
        await service.store.close()


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.seal", description="Seal what was stored before."
    )
    parser.add_argument("service", nargs="?", default=os.environ.get("SERVICE"))
    parser.add_argument("--check", action="store_true", help="count what is left, seal nothing")
    given = parser.parse_args(arguments)
    if not given.service:
        parser.error("which service?")
    module = import_module(f"services.{given.service}.main")
    try:
        left = asyncio.run(_run(module, check=given.check))
    except (PyMongoError, Unavailable, OSError) as error:
        sys.stderr.write(f"the store is unavailable, run it again: {type(error).__name__}\n")
        return 1
    return _LEFT if left else 0


if __name__ == "__main__":
    sys.exit(main())
