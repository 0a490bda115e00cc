"""A store that is slow, stopped or out of disk: no answer 2xx that is not kept, and answers in
time."""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
from collections import Counter as Tally
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.children import Child, children
from chassis.tests.conftest import running
from chassis.tests.counter import Counter, Counters
from chassis.tests.load import LoadClient
from deploy.local import servers
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
ANSWER_SECONDS, MAX_WAITING = 5.0, 60
"""Settings of the service under test."""
TOLERANCE = 9.0
"""Seconds that a busy machine may add to an answer."""


@asynccontextmanager
async def serving(
    backend: Backend, mongo_url: str, database: str, folder: Path
) -> AsyncGenerator[tuple[Child, str]]:
    """The counter service on this store."""
    port = free_ports().gateway
    variables = {
        "MONGO_URL": mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": database,
        "FOLDER": str(folder),
        "HTTP_PORT": str(port),
        "ANSWER_SECONDS": str(ANSWER_SECONDS),
        "MAX_WAITING": str(MAX_WAITING),
    }
    with children("chassis.tests.service_child", folder, variables, "served") as (child,):
        await eventually(LoadClient(f"http://127.0.0.1:{port}").ready, within=60)
        yield child, f"http://127.0.0.1:{port}"


async def assert_in_time(client: LoadClient) -> None:
    """By the client's clock, and more strictly by the service's metrics: the driver alone gives up
    only after 10 s and more."""
    answers = client.answers
    assert await client.slower_than(10) == 0
    assert set(answers.statuses) <= {201, 503}, answers
    assert (answers.without_retry_after, answers.broken) == (0, 0), answers
    assert answers.slowest < ANSWER_SECONDS + TOLERANCE, answers


@pytest.mark.usefixtures("publisher")
async def test_a_stopped_store_gives_503_in_time_and_excess_requests_are_shed(
    backend: Backend, store: Store, counters: Counters, tmp_path: Path
):
    async with serving(backend, backend.mongo_url, store.database.name, tmp_path) as (child, url):
        client = LoadClient(url)
        before = await client.tasks()
        backend.kill("mongo", signal.SIGSTOP)
        try:
            await asyncio.gather(*(client.create() for _ in range(4 * MAX_WAITING)))
        finally:
            backend.kill("mongo", signal.SIGCONT)
        assert client.answers.statuses == {503: 4 * MAX_WAITING}
        shed = [seconds for seconds in client.answers.refused_after if seconds < ANSWER_SECONDS]
        assert len(shed) >= 2 * MAX_WAITING, "requests waited although the queue was full"
        await assert_in_time(client)
        await eventually(client.accepted)

        async def no_task_leaked() -> bool:
            left = Tally(await client.tasks()) - Tally(before)
            return left.total() < 4  # the drivers' own come and go

        await eventually(no_task_leaked, within=40)
        assert child.exit_code is None
    assert await client.answers.all_stored(counters)


@pytest.mark.long
@pytest.mark.usefixtures("publisher")
async def test_a_slow_store_loses_nothing_that_was_acknowledged(
    backend: Backend, store: Store, counters: Counters, tmp_path: Path
):
    """It is stopped nine tenths of the time, for longer and longer."""
    async with serving(backend, backend.mongo_url, store.database.name, tmp_path) as (_, url):
        client = LoadClient(url)
        async with running(client.keep_creating(40)):
            try:
                for seconds in (0.2, 0.5, 1.0, 2.0, 4.0, 6.0):
                    for _ in range(3):
                        backend.kill("mongo", signal.SIGSTOP)
                        await asyncio.sleep(seconds)
                        backend.kill("mongo", signal.SIGCONT)
                        await asyncio.sleep(seconds / 9)
            finally:
                backend.kill("mongo", signal.SIGCONT)
            accepted = client.answers.statuses.get(201, 0)

            async def accepted_again() -> bool:
                return client.answers.statuses.get(201, 0) > accepted + 40

            await eventually(accepted_again)
        await assert_in_time(client)
    assert client.answers.statuses.get(503, 0) > 0
    assert await client.answers.all_stored(counters)


@contextmanager
def small_disk(at: Path, megabytes: int) -> Generator[Path]:
    """A file system of its own; skips the test where this process may not mount one."""
    libc = ctypes.CDLL(None, use_errno=True)
    at.mkdir()
    if libc.mount(b"none", bytes(at), b"tmpfs", 0, f"size={megabytes}m".encode()):
        pytest.skip(f"no file system can be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True, timeout=20)


class OwnMongo:
    """A mongod on the small disk, restarted whenever it exits, as a supervisor does it."""

    def __init__(self, disk: Path) -> None:
        ports = replace(free_ports(), more=())
        (self._process,) = servers.mongo(disk, ports)
        self.url = f"mongodb://127.0.0.1:{ports.mongo}/?directConnection=true"
        self._log = disk.parent / "mongo.log"

    async def supervise(self) -> None:
        """Until cancelled; then it has exited."""
        while True:
            with self._log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *self._process.command, stdout=log, stderr=log
                )
            try:
                await process.wait()
                await asyncio.sleep(0.5)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    async def ready(self) -> bool:
        try:
            return await asyncio.to_thread(self._process.ready) == ""
        except OSError:
            return False


def fill(disk: Path, leave: int) -> Path:
    """Fill the disk up to the last `leave` bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave)
    return ballast


@pytest.mark.usefixtures("publisher")
async def test_a_full_disk_loses_nothing_acknowledged_and_the_service_recovers(
    backend: Backend, tmp_path: Path
):
    with small_disk(tmp_path / "disk", 700) as disk:
        mongo = OwnMongo(disk)
        async with running(mongo.supervise()):
            await eventually(mongo.ready, within=60)
            async with serving(backend, mongo.url, "full", tmp_path) as (child, url):
                client = LoadClient(url, name_length=100_000)
                ballast = fill(disk, leave=30_000_000)
                async with running(client.keep_creating(20)):

                    async def disk_full() -> bool:
                        return client.answers.statuses.get(503, 0) > 40

                    await eventually(disk_full, within=90)
                    ballast.unlink()
                    accepted = client.answers.statuses[201]

                    async def accepted_again() -> bool:
                        return client.answers.statuses[201] > accepted + 10

                    await eventually(accepted_again, within=60)
                await assert_in_time(client)
                assert child.exit_code is None
            store = Store(mongo.url, "full", Clock())
            assert await client.answers.all_stored(Repository(store, "counters", Counter))
            await store.close()
