"""Consumers that join and leave under load: each effect once, in order, and no key at two of them
at a time."""

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

from chassis.domain import Cause
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.entries import outbox_entry
from chassis.outbox.publisher import Publisher
from chassis.tests.children import Child
from chassis.tests.conftest import consuming, task
from chassis.tests.counter import Counted, Counter, up
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]


@dataclass(frozen=True)
class Work:
    """Somebody was at a message of a key from `began` to `ended`, in seconds on the machine's one
    monotonic clock."""

    key: str
    seq: int
    by: str
    began: float
    ended: float
    at: float = 0.0
    """When the event was, in Unix seconds."""


def at_two_at_a_time(work: Iterable[Work]) -> list[tuple[Work, Work]]:
    by_key: dict[str, list[Work]] = defaultdict(list)
    for one in sorted(work, key=lambda one: one.began):
        by_key[one.key].append(one)
    return [(a, b) for of_key in by_key.values() for a, b in pairwise(of_key) if b.began < a.ended]


def in_order(work: Iterable[Work]) -> bool:
    """Whether each key's messages were begun in order, once repeats are seen through."""
    first: dict[str, list[int]] = defaultdict(list)
    for one in sorted(work, key=lambda one: one.began):
        if one.seq not in first[one.key]:
            first[one.key].append(one.seq)
    return all(seqs == sorted(seqs) for seqs in first.values())


class Load:
    """Events of some counters, without end."""

    def __init__(self, publisher: Publisher, store: Store, keys: int) -> None:
        self._publisher, self._clock = publisher, store.clock
        self.effects = Repository(store, "effects", Counter)
        self.sent = {f"cnt_{store.database.name}_{n}": 0 for n in range(keys)}

    async def send(self, key: str) -> None:
        seq = self.sent[key] + 1
        event = Counted(counter=key, total=seq)
        await (
            await self._publisher.send(
                outbox_entry("counters", key, seq, event, self._clock.now(), "")
            )
        )
        self.sent[key] = seq

    @asynccontextmanager
    async def going_on(self) -> AsyncGenerator[None]:
        """Some events of each key in a second; at the end all that were begun are sent."""
        over = asyncio.Event()

        async def go_on() -> None:
            while not over.is_set():
                await asyncio.gather(*(self.send(key) for key in self.sent))
                await asyncio.sleep(0.2)

        async with task(go_on()) as running:
            yield
            over.set()
            await running

    async def effect(self, event: Counted, message: Message) -> None:
        await self.effects.add(Counter(id=event.counter), [], Cause(f"new {event.counter}"))
        await self.effects.change(event.counter, lambda effect: (up(effect)[0], ()), message.cause)

    async def all_done(self) -> bool:
        """Whether each event had its effect; fails at once where one had more."""
        found = {
            one.id: one.total for one in await self.effects.find({"_id": {"$in": [*self.sent]}})
        }
        assert [id for id, total in found.items() if total > self.sent[id]] == [], (
            "an effect happened twice"
        )
        return found == self.sent


class Members:
    """Consumers of one group in this process; `work` is what they did."""

    def __init__(self, backend: Backend, publisher: Publisher, load: Load, group: str) -> None:
        self._backend, self._publisher, self._load, self._group = backend, publisher, load, group
        self.work: list[Work] = []
        self.cut_off: set[str] = set()

    @asynccontextmanager
    async def member(self, name: str) -> AsyncGenerator[None]:
        async def on(event: Counted, message: Message) -> None:
            if event.counter not in self._load.sent:
                return
            began = time.monotonic()
            try:
                await asyncio.sleep(random.uniform(0, 0.03))
                if name in self.cut_off:
                    raise ConnectionError("this one's store is away")
                await self._load.effect(event, message)
            finally:
                self.work.append(Work(event.counter, message.seq, name, began, time.monotonic()))

        async with consuming(
            self._backend, self._publisher, self._group, Subscriptions().on(Counted, on)
        ):
            yield

    async def works(self, name: str, since: int) -> None:
        """Waits until a member has been at something that came later than the first `since`
        works."""

        async def seen() -> bool:
            return any(one.by == name for one in self.work[since:])

        await eventually(seen, within=40)


@pytest.fixture
def load(publisher: Publisher, store: Store) -> Load:
    return Load(publisher, store, keys=24)


@pytest.fixture
def members(backend: Backend, publisher: Publisher, store: Store, load: Load) -> Members:
    return Members(backend, publisher, load, store.database.name)


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.long)])
async def test_members_come_and_go_and_no_key_is_at_two_of_them(
    members: Members, load: Load, rounds: int
):
    async with members.member("steady"):
        async with load.going_on():
            await members.works("steady", 0)
            for n in range(rounds):
                async with members.member(f"guest {n}"):
                    await members.works(f"guest {n}", 0)
                    async with members.member(f"second guest {n}"):
                        await members.works(f"second guest {n}", 0)
                await members.works("steady", len(members.work))
        await eventually(load.all_done, within=40)
    assert at_two_at_a_time(members.work) == []
    assert in_order(members.work)


@pytest.mark.long
async def test_a_member_cut_off_from_its_store_gives_its_keys_over(members: Members, load: Load):
    """It would try for ever; who joins gets a share all the same, and all of it when the other
    leaves."""
    async with AsyncExitStack() as stack:
        stuck = await stack.enter_async_context(AsyncExitStack())
        members.cut_off.add("stuck")
        await stuck.enter_async_context(members.member("stuck"))
        for key in load.sent:
            await load.send(key)
        await members.works("stuck", 0)
        await stack.enter_async_context(members.member("fresh"))
        await members.works("fresh", 0)
        await stuck.aclose()
        await eventually(load.all_done, within=40)
    assert at_two_at_a_time(members.work) == []


def work_of(folder: Path, keys: Iterable[str]) -> list[Work]:
    lines = [line for file in folder.glob("*.work") for line in file.read_text().splitlines()]
    return [one for line in lines if (one := Work(**json.loads(line))).key in keys]


@pytest.mark.long
async def test_processes_come_and_go_every_5_s_and_some_are_killed(
    backend: Backend, store: Store, publisher: Publisher, tmp_path: Path
):
    load = Load(publisher, store, keys=24)
    variables = {
        "MONGO_URL": backend.mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": store.database.name,
        "FOLDER": str(tmp_path),
        "WORK_SECONDS": "0.01",
    }
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
        async with load.going_on():
            for n in range(10):
                await asyncio.sleep(5)  # that is the rhythm which is asked for
                living = [child for child in started if child.code is None]
                if len(living) > 2:
                    living[0].send(signal.SIGKILL if n % 3 == 2 else signal.SIGTERM)
                else:
                    join()
        await eventually(load.all_done, within=60)
    finally:
        for child in started:
            child.end()
    work = work_of(tmp_path, load.sent)
    assert len({one.by for one in work}) >= 4
    assert at_two_at_a_time(work) == []
    assert in_order(work)


@pytest.mark.long
async def test_a_process_killed_in_the_midst_of_one_busy_key_repeats_no_effect(
    backend: Backend, store: Store, publisher: Publisher, tmp_path: Path
):
    """What it dealt with but had not committed comes again: more of one key than a batch holds."""
    load = Load(publisher, store, keys=1)
    (key,) = load.sent
    variables = {
        "MONGO_URL": backend.mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": store.database.name,
        "FOLDER": str(tmp_path),
        "HTTP_PORT": str(free_ports().gateway),
    }
    for _ in range(400):
        await load.send(key)
    child = Child("chassis.tests.service_child", "busy", tmp_path, variables)
    try:

        async def in_the_midst() -> bool:
            found = await load.effects.get(key)
            return found is not None and found.total >= 180

        await eventually(in_the_midst, within=40)
        child.send(signal.SIGKILL)
        assert await child.ends() == -signal.SIGKILL
        child.start()
        await eventually(load.all_done, within=60)
        for _ in range(3):
            await load.send(key)
        await eventually(load.all_done, within=40)
    finally:
        child.end()
    assert len(work_of(tmp_path, [key])) > 403, "it was killed too late to repeat anything"
