"""What a picture can cost: a process of its own pays for it, and nobody else."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chassis.domain import Refusal
from chassis.errors import Unavailable
from services.incidents.photo.domain import Photo
from services.incidents.photo.workers import PhotoWorkers
from tests.support.waiting import eventually


def _png(mode: str, size: tuple[int, int]) -> bytes:
    out = BytesIO()
    Image.new(mode, size).save(out, "PNG", compress_level=1)
    return out.getvalue()


SMALL = _png("RGB", (30, 20))


@cache
def large() -> bytes:
    """300 kB that unpack to 190 MB."""
    return _png("RGBA", (8000, 6000))


@asynccontextmanager
async def running(count: int = 1, **limits: Any) -> AsyncGenerator[PhotoWorkers]:
    workers = PhotoWorkers(count, **limits)
    try:
        yield workers
    finally:
        await workers.stop()


async def test_a_picture_that_takes_too_much_time_is_refused_and_the_next_one_is_drawn() -> None:
    async with running(cpu_seconds=0) as workers:
        with pytest.raises(Refusal) as refusal:
            await workers.sanitize(large())
        assert refusal.value.code == "photo_too_complex"
        assert not workers.running
        assert (await workers.sanitize(SMALL)).media_type == "image/png"


async def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    async with running(memory=256 * 1024 * 1024) as workers:
        with pytest.raises(Refusal) as refusal:
            await workers.sanitize(large())
        assert refusal.value.code == "photo_too_complex"
        assert (await workers.sanitize(SMALL)).media_type == "image/png"


async def test_a_machine_that_is_too_busy_refuses_no_picture_for_good() -> None:
    async with running(wall_seconds=0.01) as workers:
        with pytest.raises(Unavailable):
            await workers.sanitize(large())
        assert not workers.running


async def test_a_process_that_was_ended_from_outside_is_replaced() -> None:
    async with running() as workers:
        await workers.sanitize(SMALL)
        (process,) = workers.running
        process.kill()
        await process.wait()
        assert (await workers.sanitize(SMALL)).media_type == "image/png"


async def test_a_refusal_in_a_process_is_the_same_as_here() -> None:
    async with running() as workers:
        with pytest.raises(Refusal) as refusal:
            await workers.sanitize(b"GIF89a")
    assert (refusal.value.code, refusal.value.values) == ("photo_type", {"kind": "GIF"})
    assert refusal.value.fields == {"body": "problem.photo_other_kind"}


async def test_no_more_processes_than_allowed_and_none_at_rest() -> None:
    async with running(2, idle_seconds=0.05) as workers:
        drawn = await asyncio.gather(*(workers.sanitize(SMALL) for _ in range(6)))
        assert {type(photo) for photo in drawn} == {Photo}
        assert len(workers.running) <= 2
        processes = tuple(workers.running)

        async def at_rest() -> bool:
            return not workers.running

        await eventually(at_rest)
        for process in processes:
            await process.wait()


async def test_whoever_does_not_wait_for_the_answer_leaves_no_process_behind() -> None:
    async with running() as workers:
        waiting = asyncio.create_task(workers.sanitize(large()))

        async def begun() -> bool:
            return bool(workers.running)

        await eventually(begun)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not workers.running


def _environment(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


async def test_a_process_knows_no_key_and_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELD_KEY", "secret")
    async with running() as workers:
        await workers.sanitize(SMALL)
        (process,) = workers.running
        known = _environment(process.pid)
        assert b"PYTHONPATH=" in known
        assert b"secret" not in known


async def test_a_process_ends_with_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the service is killed and cannot end it: its input ends."""
    async with running() as workers:
        await workers.sanitize(SMALL)
        (process,) = workers.running
        assert process.stdin is not None
        os.kill(process.pid, signal.SIGINT)  # a terminal's, which is not for it
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0
