"""Dead letters on a real broker: stored as they came, with the reason, and replayed."""

import asyncio

import pytest

from chassis.kafka.publisher import Publisher
from chassis.tests.conftest import consuming
from chassis.tests.counter import TOPIC, Counter, Counters
from chassis.tests.kafka.effects import Effects
from chassis.tests.kafka.topic import dead_lettered, publish
from contracts.topics import dead
from ops import dead_letters
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


async def put_dead_letter(publisher: Publisher, name: str, value: bytes) -> None:
    headers = [("dead-reason", b"failed")]
    await (await publisher.put(dead(TOPIC), name.encode(), value, headers))


@pytest.mark.parametrize(
    "value", [b"\xff\xfe not json", b"{}", b"", b'{"id": 1, "type": "Counted"}']
)
async def test_an_unreadable_message_is_kept_as_it_came(
    backend: Backend, publisher: Publisher, effects: Effects, name: str, value: bytes
):
    key = f"{name}-{len(value)}"
    await (await publisher.put(TOPIC, key.encode(), value, [("traceparent", b"00-" + b"1" * 32)]))
    await publish(publisher, key, 1)
    async with consuming(backend, publisher, name, effects.subscriptions):
        await effects.wait_for(key, 1)
        (letter,) = await dead_lettered(backend, key, 1)
    headers = dict(letter.headers)
    assert letter.value == value
    assert headers["dead-reason"] == b"unreadable"
    assert headers["dead-group"] == name.encode()
    assert headers["dead-topic"] == TOPIC.encode()
    assert headers["traceparent"].startswith(b"00-")


async def test_a_failing_key_does_not_block_the_others_and_is_replayed(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    bad, good, bootstrap = f"{name}-bad", f"{name}-good", backend.kafka_bootstrap
    key = bad.encode()
    effects.failing[bad] = RuntimeError("cannot be applied")
    async with consuming(backend, publisher, name, effects.subscriptions):
        for seq in (1, 2, 3):
            await publish(publisher, bad, seq)
            await publish(publisher, good, seq)
        await effects.wait_for(good, 3)
        found = await dead_lettered(backend, bad, 3)
        assert [dict(letter.headers)["dead-error"] for letter in found] == [b"RuntimeError"] * 3
        effects.failing.clear()
        listed = await dead_letters.show(bootstrap, TOPIC)
        of_bad = [letter for letter in listed if letter.record.key == key]
        assert [letter.detail("reason") for letter in of_bad] == ["failed"] * 3
        assert all("Counted" in letter.line() for letter in of_bad)
        replayed = await dead_letters.replay(bootstrap, TOPIC)
        assert sum(letter.record.key == key for letter in replayed) == 3
        await effects.wait_for(bad, 3)
        later = await dead_letters.replay(bootstrap, TOPIC)
        assert key not in {letter.record.key for letter in later}
        again = await dead_letters.replay(bootstrap, TOPIC, everything=True)
        assert sum(letter.record.key == key for letter in again) == 3
        await publish(publisher, bad, 4)
        await effects.wait_for(bad, 4)  # after the repeats, which changed nothing


async def test_replaying_twice_leaves_the_same_state(
    backend: Backend, publisher: Publisher, effects: Effects, counters: Counters, name: str
):
    effects.failing[name] = RuntimeError("cannot be applied")
    async with consuming(backend, publisher, name, effects.subscriptions):
        await publish(publisher, name, 1, 2, 3)
        await publish(publisher, f"{name}-other", 1, 2)
        await effects.wait_for(f"{name}-other", 2)
        assert len(await dead_lettered(backend, name, 3)) == 3
        effects.failing.clear()
        states: list[Counter | None] = []
        for turn in (1, 2):
            replayed = await dead_letters.replay(backend.kafka_bootstrap, TOPIC, everything=True)
            assert sum(letter.record.key == name.encode() for letter in replayed) == 3
            await publish(publisher, f"{name}-behind", turn)
            await effects.wait_for(f"{name}-behind", turn)
            await publish(publisher, name, 3 + turn)  # behind the repeats of the same key
            await effects.wait_for(name, 3 + turn)
            states.append(await counters.get(name))
    assert [state and (state.total, state.version) for state in states] == [(4, 4), (5, 5)]


async def test_replay_observes_its_limit(backend: Backend, publisher: Publisher, name: str):
    bootstrap = backend.kafka_bootstrap
    for n in range(4):
        await put_dead_letter(publisher, name, str(n).encode())
    everything = await dead_letters.show(bootstrap, TOPIC)
    assert len(await dead_letters.replay(bootstrap, TOPIC, limit=1)) == 1
    assert len(await dead_letters.show(bootstrap, TOPIC)) == len(everything) - 1
    await dead_letters.replay(bootstrap, TOPIC)  # nothing consumes here, so none fails again
    assert await dead_letters.show(bootstrap, TOPIC) == []
    assert await dead_letters.show(bootstrap, "no.such.topic") == []


async def test_the_command_lists_and_replays(
    backend: Backend,
    publisher: Publisher,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    await put_dead_letter(publisher, name, b"a text that somebody typed")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", backend.kafka_bootstrap)
    for command in ("list", "replay"):
        assert await asyncio.to_thread(dead_letters.main, [command, "--topic", TOPIC]) == 0
        shown = capsys.readouterr().out
        assert f"\t{name}\tfailed" in shown
        assert "somebody typed" not in shown
    assert await asyncio.to_thread(dead_letters.main, ["list", "--topic", TOPIC]) == 0
    assert capsys.readouterr().out == "0 dead letters\n"


async def test_the_command_reports_an_unreachable_broker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    assert await asyncio.to_thread(dead_letters.main, ["list", "--topic", TOPIC]) == 1
    assert "broker is unavailable" in capsys.readouterr().err
