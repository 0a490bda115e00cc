"""Processes that draw photos for the service.

A file of its own because it is the service's side of `worker.py`. They are started when photos
come, and end after a while without one: at rest there are none.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Any, cast, get_args

import orjson
import structlog

from chassis.domain import Refusal
from chassis.errors import Unavailable
from services.incidents.photo.domain import MediaType, Photo

CPU_SECONDS = 5
"""For one picture. 50 million pixels in 64 scans take 2."""
WALL_SECONDS = 10.0
"""The same on a busy machine; less than the time in which a photo has to be answered."""
MEMORY = 896 * 1024 * 1024
"""Bytes of addresses, with 150 million of the program itself. 50 million pixels with transparency
are 200 million bytes, and twice that while they are scaled."""
IDLE_SECONDS = 60.0
_MAX_ANSWER = 16 * 1024 * 1024
_CODES = ("photo_type", "photo_broken", "photo_pixels", "photo_edge", "photo_too_complex")
log = structlog.get_logger()


class PhotoWorkers:
    """At most `count` pictures are drawn at once; further ones wait for their turn."""

    def __init__(
        self,
        count: int,
        *,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
        memory: int = MEMORY,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._turns = asyncio.Semaphore(count)
        self._command = (
            *(sys.executable, "-m", "services.incidents.photo.worker"),
            *(str(cpu_seconds), str(memory)),
        )
        self._wall, self._idle = wall_seconds, idle_seconds
        self.free: list[Process] = []
        self.running: set[Process] = set()
        self._idle_end: asyncio.TimerHandle | None = None

    async def sanitize(self, content: bytes) -> Photo:
        """The photo that `domain.sanitized` makes of it.

        Raises:
            Refusal: it is no picture, or takes too much to draw.
            Unavailable: no process could be started, or it was ended from outside.
        """
        async with self._turns:
            process = self._idle_one() or await self._started()
            try:
                async with asyncio.timeout(self._wall):
                    told, drawn = await _exchange(process, content)
            except TimeoutError:
                raise Unavailable(retry_after=5) from None
            except (EOFError, OSError):
                raise _why_ended(await _status(process)) from None
            else:
                self._release(process)
                return _photo(told, drawn)
            finally:
                if process not in self.free:
                    await self._end(process)

    async def start(self) -> None:
        """Nothing: the first photo starts the first process."""

    async def stop(self) -> None:
        """Ends them all, whatever they are doing."""
        if self._idle_end is not None:
            self._idle_end.cancel()
        self.free.clear()
        for process in tuple(self.running):
            await self._end(process)

    def _idle_one(self) -> Process | None:
        while self.free:
            process = self.free.pop()
            if process.returncode is None:
                return process
            self.running.discard(process)
        return None

    async def _started(self) -> Process:
        # Neither keys nor addresses of stores: a decoder that is taken over finds none here.
        environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=environment
            )
        except OSError as error:
            log.error("no process for photos", error=type(error).__name__)
            raise Unavailable(retry_after=5) from None
        self.running.add(process)
        return process

    def _release(self, process: Process) -> None:
        self.free.append(process)
        if self._idle_end is not None:
            self._idle_end.cancel()
        self._idle_end = asyncio.get_running_loop().call_later(self._idle, self._end_idle)

    def _end_idle(self) -> None:
        for process in self.free:
            _kill(process)
        self.running.difference_update(self.free)
        self.free.clear()

    async def _end(self, process: Process) -> None:
        _kill(process)
        self.running.discard(process)
        await process.wait()


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def _exchange(process: Process, content: bytes) -> tuple[bytes, bytes]:
    """Raises EOFError or OSError if the process ends."""
    to, back = process.stdin, process.stdout
    assert to is not None  # noqa: S101 - both are pipes
    assert back is not None  # noqa: S101
    to.write(len(content).to_bytes(4, "big"))
    to.write(content)
    await to.drain()
    parts: list[bytes] = []
    for _ in range(2):
        size = int.from_bytes(await back.readexactly(4), "big")
        if size > _MAX_ANSWER:
            raise EOFError
        parts.append(await back.readexactly(size))
    return parts[0], parts[1]


async def _status(process: Process) -> int:
    """Of a process that says no more; 0 if it lives on."""
    with suppress(TimeoutError):
        return await asyncio.wait_for(process.wait(), 1.0)
    return 0


def _photo(told: bytes, drawn: bytes) -> Photo:
    """What a process says is checked like what a stranger says.

    Raises:
        Refusal: it refused the picture.
        Unavailable: it says what none of ours says.
    """
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        answer: dict[str, Any] = orjson.loads(told)
        kind = answer.get("type")
        if kind in get_args(MediaType):
            return Photo(cast(MediaType, kind), drawn)
        if answer["code"] in _CODES:
            raise Refusal(answer["code"], fields=answer["fields"], **answer["values"])
    raise Unavailable(retry_after=5)


def _why_ended(status: int) -> Refusal | Unavailable:
    """A process that this picture ended, or one that was ended from outside."""
    if status == -signal.SIGXCPU:
        return Refusal("photo_too_complex", "body")
    if status in (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE):
        return Refusal("photo_broken", "body")
    log.warning("a process for photos ended", status=status)
    return Unavailable(retry_after=5)
