"""A process beside the bench that answers requests: one JSON line in, one JSON line out."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import orjson
from pydantic import BaseModel

Q = TypeVar("Q", bound=BaseModel)
A = TypeVar("A", bound=BaseModel)
_MAX_LINE = 64 * 2**20  # bytes


class Companion:
    """`async with Companion("bench.hops") as hops: answer = await hops.ask(request, Answer)`."""

    def __init__(self, module: str, env: Mapping[str, str] | None = None) -> None:
        self._module, self._env = module, dict(os.environ if env is None else env)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Companion":
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=_MAX_LINE,
            env=self._env,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError, TimeoutError):
            process.terminate()
            await asyncio.wait_for(process.wait(), 10)
        if process.returncode is None:
            process.kill()
            await process.wait()

    async def ask(self, request: BaseModel, answer: type[A], seconds: float = 180) -> A:
        """Raises RuntimeError when the process has ended, TimeoutError when it does not answer."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError(f"{self._module} does not run")
        self._process.stdin.write(orjson.dumps(request.model_dump()) + b"\n")
        await self._process.stdin.drain()
        line = await asyncio.wait_for(self._process.stdout.readline(), seconds)
        if not line:
            raise RuntimeError(f"{self._module} has ended")
        return answer.model_validate_json(line)


async def serve(request: type[Q], handle: Callable[[Q], Awaitable[BaseModel]]) -> None:
    """The companion's side: answers each line of standard input until it ends.

    Standard output carries answers only; other output goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    reader = asyncio.StreamReader(limit=_MAX_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        answer = await handle(request.model_validate_json(line))
        answers.write(orjson.dumps(answer.model_dump()) + b"\n")
        answers.flush()
