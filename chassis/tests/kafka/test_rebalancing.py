"""Members join and leave under load: each effect once, in order, and no key at two members at a
time."""

import asyncio
import json
import random
import signal
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.children import Child
from chassis.tests.conftest import consuming, running
from chassis.tests.counter import Counted, Counter, apply
from chassis.tests.kafka.topic import publish
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]


@dataclass(frozen=True)
class Work:
    """The member `by` processed a message of a key from `began` to `ended`, in seconds of the
    machine's monotonic clock."""

    key: str
    seq: int
    by: str
    began: float
    ended: float
    at: float = 0.0
    """The event's time in Unix seconds."""


def overlapping(work: Iterable[Work]) -> list[tuple[Work, Work]]:
    """Pairs of a key that were processed at the same time."""
    by_key: dict[str, list[Work]] = defaultdict(list)
    for one in sorted(work, key=lambda one: one.began):
        by_key[one.key].append(one)
    return [(a, b) for of_key in by_key.values() for a, b in pairwise(of_key) if b.began < a.ended]


def in_order(work: Iterable[Work]) -> bool:
    """Whether each key's messages were begun in order, repeats aside."""
    first: dict[str, list[int]] = defaultdict(list)
    for one in sorted(work, key=lambda one: one.began):
        if one.seq not in first[one.key]:
            first[one.key].append(one.seq)
    return all(seqs == sorted(seqs) for seqs in first.values())


class Load:
    """Events of `keys` counters; `sent` has how many of each."""

    def __init__(self, publisher: Publisher, store: Store, keys: int) -> None:
        self._publisher = publisher
        self.effects = Repository(store, "effects", Counter)
        self.sent = {f"cnt_{store.database.name}_{n}": 0 for n in range(keys)}

    async def send(self, key: str) -> None:
        seq = self.sent[key] + 1
        await publish(self._publisher, key, seq)
        self.sent[key] = seq

    @asynccontextmanager
    async def sending(self) -> AsyncGenerator[None]:
        """Five events of each key a second; at the end all that were begun are sent."""
        stopping = asyncio.Event()

        async def keep_sending() -> None:
            while not stopping.is_set():
                await asyncio.gather(*(self.send(key) for key in self.sent))
                await asyncio.sleep(0.2)

        async with running(keep_sending()) as task:
            yield
            stopping.set()
            await task

    async def effect(self, event: Counted, message: Message) -> None:
        await apply(self.effects, event, message)

    async def all_applied(self) -> bool:
        """Whether each event had its effect; fails at once where one had two."""
        stored = await self.effects.find({"_id": {"$in": [*self.sent]}})
        found = {effect.id: effect.total for effect in stored}
        assert [id for id, total in found.items() if total > self.sent[id]] == [], (
            "an effect happened twice"
        )
        return found == self.sent


class Members:
    """Consumers of one group in this process; `work` is what they processed.

    The store of those in `cut_off` is unavailable to them.
    """

    def __init__(self, backend: Backend, publisher: Publisher, load: Load, group: str) -> None:
        self._backend, self._publisher, self._load, self._group = backend, publisher, load, group
        self.work: list[Work] = []
        self.cut_off: set[str] = set()

    @asynccontextmanager
    async def member(self, name: str) -> AsyncGenerator[None]:
        async def handle(event: Counted, message: Message) -> None:
            if event.counter not in self._load.sent:
                return
            began = time.monotonic()
            try:
                await asyncio.sleep(random.uniform(0, 0.03))
                if name in self.cut_off:
                    raise ConnectionError("the store is unavailable")
                await self._load.effect(event, message)
            finally:
                self.work.append(Work(event.counter, message.seq, name, began, time.monotonic()))

        async with consuming(
            self._backend, self._publisher, self._group, Subscriptions().on(Counted, handle)
        ):
            yield

    async def wait_for_work(self, name: str, since: int) -> None:
        """Until a member has processed something after the first `since` pieces of work."""

        async def found() -> bool:
            return any(one.by == name for one in self.work[since:])

        await eventually(found, within=40)


@pytest.fixture
def load(publisher: Publisher, store: Store) -> Load:
    return Load(publisher, store, keys=24)


@pytest.fixture
def members(backend: Backend, publisher: Publisher, store: Store, load: Load) -> Members:
    return Members(backend, publisher, load, store.database.name)


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.long)])
async def test_no_key_is_at_two_members_while_they_join_and_leave(
    members: Members, load: Load, rounds: int
):
    async with members.member("steady"):
        async with load.sending():
            await members.wait_for_work("steady", 0)
            for n in range(rounds):
                async with members.member(f"guest {n}"):
                    await members.wait_for_work(f"guest {n}", 0)
                    async with members.member(f"second guest {n}"):
                        await members.wait_for_work(f"second guest {n}", 0)
                await members.wait_for_work("steady", len(members.work))
        await eventually(load.all_applied, within=40)
    assert overlapping(members.work) == []
    assert in_order(members.work)


@pytest.mark.long
async def test_a_member_cut_off_from_its_store_gives_up_its_keys(members: Members, load: Load):
    """It would retry for ever. A member that joins gets a share all the same, and everything once
    the other leaves."""
    async with AsyncExitStack() as stack:
        stuck = await stack.enter_async_context(AsyncExitStack())
        members.cut_off.add("stuck")
        await stuck.enter_async_context(members.member("stuck"))
        for key in load.sent:
            await load.send(key)
        await members.wait_for_work("stuck", 0)
        await stack.enter_async_context(members.member("fresh"))
        await members.wait_for_work("fresh", 0)
        await stuck.aclose()
        await eventually(load.all_applied, within=40)
    assert overlapping(members.work) == []


def work_of(folder: Path, keys: Iterable[str]) -> list[Work]:
    lines = [line for file in folder.glob("*.work") for line in file.read_text().splitlines()]
    return [one for line in lines if (one := Work(**json.loads(line))).key in keys]


def environment(backend: Backend, store: Store, folder: Path) -> dict[str, str]:
    return {
        "MONGO_URL": backend.mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": store.database.name,
        "FOLDER": str(folder),
    }


@pytest.mark.long
async def test_processes_join_leave_and_are_killed_every_5_s(
    backend: Backend, store: Store, publisher: Publisher, tmp_path: Path
):
    load = Load(publisher, store, keys=24)
    variables = environment(backend, store, tmp_path) | {"WORK_SECONDS": "0.01"}
    started: list[Child] = []

    def join() -> Child:
        port = str(free_ports().gateway)
        child = Child(
            "chassis.tests.service_child",
            f"m{len(started)}",
            tmp_path,
            variables | {"HTTP_PORT": port},
        )
        started.append(child)
        return child

    try:
        join()
        async with load.sending():
            for n in range(10):
                await asyncio.sleep(5)  # the interval under test
                alive = [child for child in started if child.exit_code is None]
                if len(alive) > 2:
                    alive[0].send(signal.SIGKILL if n % 3 == 2 else signal.SIGTERM)
                else:
                    join()
        await eventually(load.all_applied, within=60)
    finally:
        for child in started:
            child.terminate()
    work = work_of(tmp_path, load.sent)
    assert len({one.by for one in work}) >= 4
    assert overlapping(work) == []
    assert in_order(work)


@pytest.mark.long
async def test_a_process_killed_while_one_key_is_busy_repeats_no_effect(
    backend: Backend, store: Store, publisher: Publisher, tmp_path: Path
):
    """What was processed but not committed is delivered again: more than a batch holds."""
    load = Load(publisher, store, keys=1)
    (key,) = load.sent
    variables = environment(backend, store, tmp_path) | {"HTTP_PORT": str(free_ports().gateway)}
    for _ in range(400):
        await load.send(key)
    child = Child("chassis.tests.service_child", "busy", tmp_path, variables)
    try:

        async def halfway() -> bool:
            found = await load.effects.get(key)
            return found is not None and found.total >= 180

        await eventually(halfway, within=40)
        child.send(signal.SIGKILL)
        assert await child.wait_for_exit() == -signal.SIGKILL
        child.start()
        await eventually(load.all_applied, within=60)
        for _ in range(3):
            await load.send(key)
        await eventually(load.all_applied, within=40)
    finally:
        child.terminate()
    assert len(work_of(tmp_path, [key])) > 403, "killed too late to repeat anything"
