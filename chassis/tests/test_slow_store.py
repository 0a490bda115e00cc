"""A store that answers slowly, or not at all, or whose disk is full: never a false promise, and an
end to waiting."""

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
from chassis.tests.conftest import task
from chassis.tests.counter import Counter
from chassis.tests.load import Asking
from deploy.local import servers
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
LIMIT, MOST = 5.0, 60
"""As the service under test is set: seconds for an answer, requests without one."""
GRACE = 9.0
"""Seconds that a busy machine may add to an answer's way."""


@asynccontextmanager
async def serving(
    backend: Backend, mongo_url: str, database: str, folder: Path
) -> AsyncGenerator[tuple[Child, str]]:
    """The small service on this store."""
    port = free_ports().gateway
    variables = {
        "MONGO_URL": mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": database,
        "FOLDER": str(folder),
        "HTTP_PORT": str(port),
        "ANSWER_SECONDS": str(LIMIT),
        "MAX_WAITING": str(MOST),
    }
    with children("chassis.tests.service_child", folder, variables, "served") as (child,):
        await eventually(Asking(f"http://127.0.0.1:{port}").ready, within=60)
        yield child, f"http://127.0.0.1:{port}"


async def holds_its_limits(asking: Asking) -> None:
    """By the callers' watches, and more sharply by the service's own: the driver alone gives up
    after 10 s and more."""
    answers = asking.answers
    assert await asking.took_longer_than(10) == 0
    assert set(answers.codes) <= {201, 503}, answers
    assert (answers.without_retry_after, answers.broken) == (0, 0), answers
    assert answers.slowest < LIMIT + GRACE, answers


@pytest.mark.usefixtures("publisher")
async def test_a_store_that_stands_still_is_told_of_in_time_and_what_is_too_much_is_shed(
    backend: Backend, store: Store, counters: Repository[Counter], tmp_path: Path
):
    async with serving(backend, backend.mongo_url, store.database.name, tmp_path) as (child, url):
        asking = Asking(url)
        before = await asking.tasks()
        backend.kill("mongo", signal.SIGSTOP)
        try:
            await asyncio.gather(
                *(asking.ask() for _ in range(4 * MOST))
            )  # all of them while it stands still
        finally:
            backend.kill("mongo", signal.SIGCONT)
        assert asking.answers.codes == {503: 4 * MOST}
        shed = [seconds for seconds in asking.answers.refused_after if seconds < LIMIT]
        assert len(shed) >= 2 * MOST, "they waited, though more could not be dealt with"
        await holds_its_limits(asking)
        await eventually(asking.taken)

        async def no_task_is_left() -> bool:
            left = Tally(await asking.tasks()) - Tally(before)
            return left.total() < 4  # the drivers' own come and go

        await eventually(no_task_is_left, within=40)
        assert child.code is None
    assert await asking.answers.all_kept(counters)


@pytest.mark.long
@pytest.mark.usefixtures("publisher")
async def test_a_store_that_answers_slowly_makes_no_false_promise(
    backend: Backend, store: Store, counters: Repository[Counter], tmp_path: Path
):
    """It stands still nine tenths of the time, for longer and longer."""
    async with serving(backend, backend.mongo_url, store.database.name, tmp_path) as (_, url):
        asking = Asking(url)
        async with task(asking.go_on(40)):
            try:
                for still in (0.2, 0.5, 1.0, 2.0, 4.0, 6.0):
                    for _ in range(3):
                        backend.kill("mongo", signal.SIGSTOP)
                        await asyncio.sleep(still)
                        backend.kill("mongo", signal.SIGCONT)
                        await asyncio.sleep(still / 9)
            finally:
                backend.kill("mongo", signal.SIGCONT)
            taken = asking.answers.codes.get(201, 0)

            async def taken_again() -> bool:
                return asking.answers.codes.get(201, 0) > taken + 40

            await eventually(taken_again)
        await holds_its_limits(asking)
    assert asking.answers.codes.get(503, 0) > 0
    assert await asking.answers.all_kept(counters)


@contextmanager
def small_disk(at: Path, megabytes: int) -> Generator[Path]:
    """A file system of its own; the test is passed over where this process may not make one."""
    libc = ctypes.CDLL(None, use_errno=True)
    at.mkdir()
    if libc.mount(b"none", bytes(at), b"tmpfs", 0, f"size={megabytes}m".encode()):
        pytest.skip(f"no small disk can be made here: {os.strerror(ctypes.get_errno())}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True, timeout=20)


class OwnMongo:
    """A store of the test's own on the small disk, started again whenever it ends, as a supervisor
    does it."""

    def __init__(self, disk: Path) -> None:
        ports = replace(free_ports(), more=())
        (self._process,) = servers.mongo(disk, ports)
        self.url = f"mongodb://127.0.0.1:{ports.mongo}/?directConnection=true"
        self.starts = 0
        self._log = disk.parent / "mongo.log"

    async def keep(self) -> None:
        """Until cancelled; then it has ended."""
        while True:
            self.starts += 1
            with self._log.open("ab") as log:
                running = await asyncio.create_subprocess_exec(
                    *self._process.command, stdout=log, stderr=log
                )
            try:
                await running.wait()
                await asyncio.sleep(0.5)
            finally:
                if running.returncode is None:
                    running.kill()
                    await running.wait()

    async def ready(self) -> bool:
        try:
            return await asyncio.to_thread(self._process.ready) == ""
        except OSError:
            return False


def fill(disk: Path, leave: int) -> Path:
    """Take all of the disk but `leave` bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave)
    return ballast


@pytest.mark.long
@pytest.mark.usefixtures("publisher")
async def test_a_full_disk_makes_no_false_promise_and_the_service_goes_on_when_there_is_room(
    backend: Backend, tmp_path: Path
):
    with small_disk(tmp_path / "disk", 700) as disk:
        mongo = OwnMongo(disk)
        async with task(mongo.keep()):
            await eventually(mongo.ready, within=60)
            async with serving(backend, mongo.url, "full", tmp_path) as (child, url):
                asking = Asking(url, weight=100_000)
                ballast = fill(disk, leave=30_000_000)
                async with task(asking.go_on(20)):

                    async def full() -> bool:
                        return asking.answers.codes.get(503, 0) > 40

                    await eventually(full, within=90)
                    ballast.unlink()
                    taken = asking.answers.codes[201]

                    async def taken_again() -> bool:
                        return asking.answers.codes[201] > taken + 10

                    await eventually(taken_again, within=60)
                await holds_its_limits(asking)
                assert child.code is None
            store = Store(mongo.url, "full", Clock())
            assert await asking.answers.all_kept(Repository(store, "counters", Counter))
            await store.close()
