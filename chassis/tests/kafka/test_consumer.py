"""Consuming on real servers: effects once, letters put aside with their reason, and put back."""

import asyncio
import secrets

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.kafka.consumer import Consumer
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.repository import Repository
from chassis.outbox.entries import outbox_entry
from chassis.outbox.publisher import Publisher
from chassis.tasks import run_periodically
from chassis.tests.conftest import consuming, task
from chassis.tests.counter import TOPIC, Counted, Counter, Laned, up
from chassis.tests.topic import letters, send
from contracts.topics import dead
from ops import dead_letters
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
Counters = Repository[Counter]


class Effects:
    """Counts each event in the counter that it names; of some it was told to fail. Other tests'
    events are not its."""

    def __init__(self, counters: Counters, name: str) -> None:
        self.counters, self.name, self.calls = counters, name, 0
        self.failing: dict[str, Exception] = {}

    async def on(self, event: Counted, message: Message) -> None:
        if not event.counter.startswith(self.name):
            return
        self.calls += 1
        if error := self.failing.get(event.counter):
            raise error
        await self.counters.add(Counter(id=event.counter), [], Cause(f"new {event.counter}"))
        await self.counters.change(
            event.counter, lambda counter: (up(counter)[0], ()), message.cause
        )

    async def total(self, counter: str) -> int:
        found = await self.counters.get(counter)
        return found.total if found else 0

    async def reaches(self, counter: str, total: int) -> None:
        async def there() -> bool:
            return await self.total(counter) == total

        await eventually(there)


@pytest.fixture
def name() -> str:
    return secrets.token_hex(4)


@pytest.fixture
def effects(counters: Counters, name: str) -> Effects:
    return Effects(counters, name)


def counting(effects: Effects) -> Subscriptions:
    return Subscriptions().on(Counted, effects.on)


async def test_each_event_has_its_effect_once_however_often_it_comes(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    await send(publisher, name, 1, 2, 2, 3, 1, 3)
    async with consuming(backend, publisher, name, counting(effects)) as consumer:
        await effects.reaches(name, 3)

        async def no_lag() -> bool:
            return consumer.ready and consumer.lag == 0

        await eventually(no_lag)


async def test_what_breaks_off_in_the_middle_is_dealt_with_again(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    """A library that ends a task of its own takes along whoever waits for it: no error that could
    be tried again."""
    broken = asyncio.Event()

    async def on(event: Counted, message: Message) -> None:
        if event.counter.startswith(name) and event.total == 2 and not broken.is_set():
            broken.set()
            raise asyncio.CancelledError
        await effects.on(event, message)

    await send(publisher, name, 1, 2, 3)
    consumer = Consumer(backend.kafka_bootstrap, name, Subscriptions().on(Counted, on), publisher)
    async with task(run_periodically("consumer", consumer.run, 0.1)):
        await effects.reaches(name, 3)
    assert broken.is_set()


async def test_a_restart_repeats_no_effect_and_leaves_nothing_out(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    await send(publisher, name, *range(1, 6))
    async with consuming(backend, publisher, name, counting(effects)):
        await effects.reaches(name, 5)
    await send(publisher, name, *range(6, 11))
    before = effects.calls
    async with consuming(backend, publisher, name, counting(effects)):
        await effects.reaches(name, 10)
    assert effects.calls - before == 5  # what was done was committed when it stopped


async def test_two_members_share_the_work(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    counters = [f"{name}-{n}" for n in range(12)]
    subscription = counting(effects)
    async with consuming(backend, publisher, name, subscription) as first:
        async with consuming(backend, publisher, name, subscription) as second:

            async def both() -> bool:
                return first.ready and second.ready

            await eventually(both)
            for counter in counters:
                await send(publisher, counter, 1, 2)
            for counter in counters:
                await effects.reaches(counter, 2)
        for counter in counters:
            await send(publisher, counter, 3)
        for counter in counters:
            await effects.reaches(counter, 3)


@pytest.mark.parametrize(
    "value", [b"\xff\xfe not json", b"{}", b"", b'{"id": 1, "type": "Counted"}']
)
async def test_unreadable_bytes_are_put_aside_as_they_were(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, value: bytes
):
    key = f"{name}-{len(value)}"
    await (await publisher.put(TOPIC, key.encode(), value, [("traceparent", b"00-" + b"1" * 32)]))
    await send(publisher, key, 1)
    async with consuming(backend, publisher, name, counting(effects)):
        await effects.reaches(key, 1)
        (letter,) = await letters(backend, key, 1)
    headers = dict(letter.headers)
    assert letter.value == value
    assert (headers["dead-reason"], headers["dead-group"], headers["dead-topic"]) == (
        b"unreadable",
        name.encode(),
        TOPIC.encode(),
    )
    assert headers["traceparent"].startswith(b"00-")


async def test_types_that_are_not_asked_for_are_passed_over(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    entry = outbox_entry("counters", name, 1, Counted(counter=name, total=1), Clock().now(), "")
    unknown = entry["body"].replace('"Counted"', '"NeverHeardOf"')
    await (await publisher.put(TOPIC, name.encode(), unknown.encode(), []))
    await send(publisher, name, 2)
    async with consuming(backend, publisher, name, counting(effects)):
        await effects.reaches(name, 1)


async def test_one_failing_key_does_not_stop_the_others_and_is_put_back_later(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    bad, good = f"{name}-bad", f"{name}-good"
    effects.failing[bad] = RuntimeError("cannot be applied")
    async with consuming(backend, publisher, name, counting(effects)):
        for seq in (1, 2, 3):
            await send(publisher, bad, seq)
            await send(publisher, good, seq)
        await effects.reaches(good, 3)
        put_aside = await letters(backend, bad, 3)
        assert [dict(letter.headers)["dead-error"] for letter in put_aside] == [b"RuntimeError"] * 3
        effects.failing.clear()
        listed = await dead_letters.show(backend.kafka_bootstrap, TOPIC)
        assert [letter.why("reason") for letter in listed if letter.record.key == bad.encode()] == [
            "failed"
        ] * 3
        assert all(
            "Counted" in letter.line() for letter in listed if letter.record.key == bad.encode()
        )
        replayed = await dead_letters.replay(backend.kafka_bootstrap, TOPIC)
        assert sum(letter.record.key == bad.encode() for letter in replayed) == 3
        await effects.reaches(bad, 3)
        later = await dead_letters.replay(backend.kafka_bootstrap, TOPIC)
        assert bad.encode() not in {letter.record.key for letter in later}
        again = await dead_letters.replay(backend.kafka_bootstrap, TOPIC, everything=True)
        assert sum(letter.record.key == bad.encode() for letter in again) == 3
        await send(publisher, bad, 4)
        await effects.reaches(
            bad, 4
        )  # behind the repeats on the same key: they have changed nothing


async def test_replay_takes_no_more_than_it_is_told(
    backend: Backend, publisher: Publisher, name: str
):
    for n in range(4):
        await (
            await publisher.put(
                dead(TOPIC), name.encode(), str(n).encode(), [("dead-reason", b"failed")]
            )
        )
    everything = await dead_letters.show(backend.kafka_bootstrap, TOPIC)
    assert len(await dead_letters.replay(backend.kafka_bootstrap, TOPIC, limit=1)) == 1
    assert len(await dead_letters.show(backend.kafka_bootstrap, TOPIC)) == len(everything) - 1
    await dead_letters.replay(
        backend.kafka_bootstrap, TOPIC
    )  # nobody consumes here: none comes back
    assert await dead_letters.show(backend.kafka_bootstrap, TOPIC) == []
    assert await dead_letters.show(backend.kafka_bootstrap, "no.such.topic") == []


async def test_a_store_that_is_away_is_waited_for(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    """Longer than a message gets tries: it is not the message's fault."""
    effects.failing[name] = ConnectionError("the store is away")
    await send(publisher, name, 1)
    async with consuming(backend, publisher, name, counting(effects)) as consumer:

        async def tried_often() -> bool:
            return effects.calls >= 6

        async def tried_on() -> bool:
            return effects.calls >= 2

        began = consumer.progressed
        await eventually(tried_often)
        assert consumer.progressed > began  # waiting is not standing still
        effects.failing[name] = Refusal("unavailable")
        effects.calls = 0
        await eventually(tried_on)
        effects.failing.clear()
        await effects.reaches(name, 1)


async def test_an_ordering_key_takes_the_keys_place(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    """All have one key; who fails in one lane does not hold up the other."""
    seen: list[tuple[str, int]] = []

    async def on(event: Laned, _: Message) -> None:
        if event.counter != name:
            return
        if (
            event.lane == "slow"
            and event.total == 1
            and not any(lane == "quick" and n == 4 for lane, n in seen)
        ):
            raise ConnectionError("waits until the other lane is through")
        seen.append((event.lane, event.total))

    subscription = Subscriptions().on(Laned, on)
    await send(publisher, name, 9, lane="before", event=Laned)
    async with consuming(
        backend, publisher, name, subscription
    ):  # what lies before is dealt with: the next is one batch

        async def seen_before() -> bool:
            return len(seen) == 1

        await eventually(seen_before)
    seen.clear()
    for total in (1, 2):
        await send(publisher, name, total, lane="slow", event=Laned)
    for total in (3, 4):
        await send(publisher, name, total, lane="quick", event=Laned)
    async with consuming(backend, publisher, name, subscription):

        async def all_seen() -> bool:
            return len(seen) >= 4

        await eventually(all_seen)
    assert [n for lane, n in seen if lane == "slow"] == [1, 2]
    assert [n for lane, n in seen if lane == "quick"] == [3, 4]


async def test_the_command_lists_and_puts_back(
    backend: Backend,
    publisher: Publisher,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    await (
        await publisher.put(
            dead(TOPIC), name.encode(), b"a word that somebody typed", [("dead-reason", b"failed")]
        )
    )
    monkeypatch.setenv("KAFKA_BOOTSTRAP", backend.kafka_bootstrap)
    for what in ("list", "replay"):
        assert await asyncio.to_thread(dead_letters.main, [what, "--topic", TOPIC]) == 0
        shown = capsys.readouterr().out
        assert f"\t{name}\tfailed" in shown
        assert "somebody typed" not in shown
    assert await asyncio.to_thread(dead_letters.main, ["list", "--topic", TOPIC]) == 0
    assert capsys.readouterr().out == "0 put aside\n"


async def test_the_command_says_when_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    assert await asyncio.to_thread(dead_letters.main, ["list", "--topic", TOPIC]) == 1
    assert "broker is away" in capsys.readouterr().err
