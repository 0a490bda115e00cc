"""A process of the test's own in the place of a service."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from deploy.local.paths import ROOT
from tests.faults.platform import FaultPlatform


@asynccontextmanager
async def replaced_service(
    platform: FaultPlatform, service: str, module: str, *arguments: str
) -> AsyncGenerator["subprocess.Popen[bytes]"]:
    """`python -m module service ...` with the service's own settings. In the end it is killed, and
    the service itself runs again."""
    await platform.stop(service)
    process = subprocess.Popen(  # noqa: ASYNC220 - starts at once
        [sys.executable, "-m", module, service, *arguments],
        cwd=ROOT,
        env=platform.processes.env_for(service),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
        await platform.start(service)
