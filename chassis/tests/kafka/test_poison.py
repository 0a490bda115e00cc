"""Messages that cannot be dealt with: put aside once each, and nothing else waits for them."""

import secrets
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.kafka.consumer import Consumer
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.kafka.topics import MAX_BYTES
from chassis.mongo.repository import Repository
from chassis.outbox.entries import outbox_entry
from chassis.outbox.publisher import Publisher
from chassis.tests.conftest import consuming, task
from chassis.tests.counter import TOPIC, Counted, Counter, up
from chassis.tests.topic import letters, send
from ops import dead_letters
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
Counters = Repository[Counter]


class Effects:
    """One effect of each event of this test's own; `error` is what the handler fails with for a
    counter."""

    def __init__(self, counters: Counters, name: str) -> None:
        self.counters, self.name, self.calls = counters, name, 0
        self.error: dict[str, Exception] = {}

    async def on(self, event: Counted, message: Message) -> None:
        if not event.counter.startswith(self.name):
            return
        if error := self.error.get(event.counter):
            self.calls += 1
            raise error
        await self.counters.add(Counter(id=event.counter), [], Cause(f"new {event.counter}"))
        await self.counters.change(
            event.counter, lambda counter: (up(counter)[0], ()), message.cause
        )

    @property
    def subscription(self) -> Subscriptions:
        return Subscriptions().on(Counted, self.on)

    async def reaches(self, id: str, total: int) -> None:
        async def there() -> bool:
            found = await self.counters.get(id)
            return found is not None and found.total == total

        await eventually(there)


@pytest.fixture
def name() -> str:
    return secrets.token_hex(4)


@pytest.fixture
def effects(counters: Counters, name: str) -> Effects:
    return Effects(counters, name)


def entry(id: str, seq: int) -> bytes:
    event = Counted(counter=id, total=seq)
    return outbox_entry("counters", id, seq, event, Clock().now(), "")["body"].encode()


async def test_letters_replayed_twice_leave_the_same_state(
    backend: Backend, publisher: Publisher, effects: Effects, counters: Counters, name: str
):
    effects.error[name] = RuntimeError("cannot be applied")
    async with consuming(backend, publisher, name, effects.subscription):
        await send(publisher, name, 1, 2, 3)
        await send(publisher, f"{name}-other", 1, 2)
        await effects.reaches(f"{name}-other", 2)
        assert len(await letters(backend, name, 3)) == 3
        effects.error.clear()
        states: list[Counter | None] = []
        for turn in (1, 2):
            replayed = await dead_letters.replay(backend.kafka_bootstrap, TOPIC, everything=True)
            assert sum(letter.record.key == name.encode() for letter in replayed) == 3
            await send(publisher, f"{name}-behind", turn)
            await effects.reaches(f"{name}-behind", turn)
            await send(publisher, name, 3 + turn)  # behind the repeats on the same key
            await effects.reaches(name, 3 + turn)
            states.append(await counters.get(name))
    assert [state and (state.total, state.version) for state in states] == [(4, 5), (5, 6)]


POISON: dict[str, tuple[bytes, list[tuple[str, Any]]]] = {
    "no text": (b"\xff\xfe\x00", []),
    "deep": (b'{"id":' + b"[" * 50_000, []),
    "as large as can be": (b"x" * (MAX_BYTES - 2000), [("traceparent", b"\xff" * 100)]),
    "a header of nothing": (b"{}", [("traceparent", None)]),
}


@pytest.mark.parametrize("what", POISON)
async def test_poison_is_put_aside_once_and_the_others_flow(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, what: str
):
    value, headers = POISON[what]
    bare = AIOKafkaProducer(
        bootstrap_servers=backend.kafka_bootstrap, max_request_size=2 * MAX_BYTES
    )
    await bare.start()
    await bare.send_and_wait(TOPIC, value, key=name.encode(), headers=headers)
    await bare.stop()
    async with consuming(backend, publisher, name, effects.subscription):
        for id in (name, f"{name}-other"):
            await send(publisher, id, 1, 2)
            await effects.reaches(id, 2)
    (letter,) = await letters(backend, name, 1)
    assert letter.value == value


@pytest.mark.parametrize("trace", [b"\xff\xfe", b"", None], ids=["no text", "empty", "nothing"])
async def test_a_good_message_with_a_bad_trace_is_dealt_with(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, trace: Any
):
    await (await publisher.put(TOPIC, name.encode(), entry(name, 1), [("traceparent", trace)]))
    async with consuming(backend, publisher, name, effects.subscription):
        await effects.reaches(name, 1)


@pytest.mark.parametrize(
    "error", [TimeoutError("slow, time after time"), ConnectionError("cut off, time after time")]
)
async def test_a_key_that_is_always_slow_is_put_aside_while_everything_answers(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, error: Exception
):
    """But not while what the service stands on is away: that is not the message's fault."""
    there = False

    async def reachable() -> bool:
        return there

    effects.error[name] = error
    consumer = Consumer(
        backend.kafka_bootstrap, name, effects.subscription, publisher, reachable, patience=0.5
    )
    async with task(consumer.run()):
        await send(publisher, name, 1)

        async def tried_for_long() -> bool:
            return effects.calls >= 7  # more than two seconds

        await eventually(tried_for_long)
        await send(publisher, f"{name}-other", 1)
        there = True
        await effects.reaches(f"{name}-other", 1)
        (letter,) = await letters(backend, name, 1)
    assert dict(letter.headers)["dead-error"] == type(error).__name__.encode()


async def test_a_producer_that_the_broker_refuses_for_good_starts_anew(
    backend: Backend, publisher: Publisher, name: str
):
    """A refused batch leaves a gap in its sequence: until a new start nothing more of it is
    taken."""
    await (await publisher.put(TOPIC, name.encode(), entry(name, 1), []))
    for value, why in (
        (b"x" * (MAX_BYTES + 100_000), "MessageSizeTooLarge"),
        (entry(name, 1), "OutOfOrderSequence"),
    ):
        refused = await publisher.put(TOPIC, name.encode(), value, [])
        with pytest.raises(Exception, match=why):
            await refused
    await publisher.heal()
    await (await publisher.put(TOPIC, name.encode(), entry(name, 1), []))
