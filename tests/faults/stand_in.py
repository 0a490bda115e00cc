"""A process of the test's own in a service's place."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from deploy.local.paths import ROOT
from tests.faults.ground import Ground


@asynccontextmanager
async def stand_in(
    ground: Ground, service: str, module: str, *arguments: str
) -> AsyncGenerator["subprocess.Popen[bytes]"]:
    """`python -m module service ...` with the service's own settings; killed at the end, and the
    own one is back."""
    await ground.stop(service)
    process = subprocess.Popen(  # noqa: ASYNC220 - starts at once
        [sys.executable, "-m", module, service, *arguments],
        cwd=ROOT,
        env=ground.platform.env_for(service),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
        await ground.start(service)
