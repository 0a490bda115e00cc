"""Claims on people hold whatever lags, is lost or happens at once: on the real MongoDB, Kafka and
Valkey."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from chassis.kafka.subscriptions import Delivery, Message, Record, Subscriptions
from chassis.service import Service
from contracts import topics
from contracts.events.incidents import ReportRouted
from services.dispatch.availability.store import Availability
from services.dispatch.callout.claims import Claims
from services.dispatch.callout.domain.state import Callout, Candidate
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts
from services.dispatch.position.store import Positions
from services.dispatch.tests.calls import routed
from services.dispatch.tests.town import LATITUDE, LONGITUDE, STATION, STREET, Town, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
_RATE = 120.0
_WRITE = timedelta(seconds=0.25 * _RATE)
"""Domain time for which a write may take. A time is read before it: the end that lets the next
call through may be the later of the two by so much."""


@pytest.fixture
async def slow(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: nothing lapses within the test."""
    async with town(backend, rate=1) as place:
        yield place


def handlers_of(service: Service) -> CalloutHandlers:
    return service.app.state.provided[CalloutHandlers]


def here(report: str, **more: Any) -> ReportRouted:
    place = {"longitude": LONGITUDE, "latitude": LATITUDE, "station": STATION}
    return routed(**({"report": report, "parties": (), "people_needed": 1} | place | more))


async def open_callout(
    place: Town, service: Service, report: str, **more: Any
) -> dict[str, Any] | None:
    """As the service does it when the event comes."""
    message = Message(f"test/{report}", report, 1, place.service.clock.now())
    await handlers_of(service).open(here(report, **more), message)
    return await service.store.database["callouts"].find_one({"report": report})


async def test_two_processes_that_look_at_once_call_nobody_twice(slow: Town):
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(24)]
    other = slow.replica()
    reports = [slow.name(f"rep_{n}") for n in range(6)]
    opened = await asyncio.gather(
        *(open_callout(slow, (slow.service, other)[n % 2], r) for n, r in enumerate(reports))
    )
    held = [volunteer for callout in opened if callout for volunteer in callout["held"]]
    assert len(held) == len(set(held))
    assert set(held) == set(people), "whoever is free is called by one of them"
    for callout in await Callouts(slow.service.store).find({}):
        (found,) = await Callouts(slow.service.store).searches(callout.id)
        assert found.selection.chosen == callout.waves[0].called
    await other.store.close()


async def test_of_a_wave_who_went_off_duty_meanwhile_is_stood_down_at_once(
    slow: Town, monkeypatch: pytest.MonkeyPatch
):
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(12)]
    add = Callouts.add

    async def after_three_left(self: Callouts, *arguments: Any) -> Any:
        """Between the choice and the write."""
        for volunteer in people[:3]:
            assert (await slow.post("duty/end", volunteer)).status_code == 200
        return await add(self, *arguments)

    monkeypatch.setattr(Callouts, "add", after_three_left)
    report = await slow.routed("leaving", people_needed=4)
    stood_down = await slow.published("WaveStoodDown", report, 3)
    assert {one["reason"] for one in stood_down} == {"off_duty"}
    assert {v for one in stood_down for v in one["volunteers"]} == set(people[:3])
    (wave,) = await slow.published("WaveCalled", report)
    for volunteer in people[:3]:
        answer = await slow.post(f"callouts/{wave['callout']}/accept", volunteer)
        assert answer.status_code == 409
        assert await engaged(slow, volunteer) is None
    assert await engaged(slow, people[3]) == wave["callout"]


async def test_valkey_emptied_in_the_middle_of_a_wave_drops_nobody_and_frees_nobody(
    slow: Town, monkeypatch: pytest.MonkeyPatch
):
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(12)]
    positions, add = Positions(slow.settings.redis_url), Callouts.add

    async def after_the_loss(self: Callouts, *arguments: Any) -> Any:
        await positions.redis.flushdb()
        return await add(self, *arguments)

    monkeypatch.setattr(Callouts, "add", after_the_loss)
    first = await open_callout(slow, slow.service, slow.name("first"), people_needed=4)
    monkeypatch.undo()
    assert first is not None
    assert set(first["held"]) == set(people)
    assert {c["state"] for c in first["candidates"]} == {"called"}
    for volunteer in people:  # their phones send on
        assert (await slow.send_position(volunteer, 20))["status"] == "kept"
    second = await open_callout(slow, slow.service, slow.name("second"))
    assert second is not None
    assert second["held"] == []
    (found,) = await Callouts(slow.service.store).searches(second["_id"])
    assert {verdict.reason for verdict in found.selection.verdicts} == {"engaged"}
    await positions.close()


async def test_a_process_killed_right_after_the_write_leaves_nothing_undone(
    slow: Town, monkeypatch: pytest.MonkeyPatch
):
    """The message comes again, to another process: one call-out, and who left is stood down."""
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(6)]

    async def killed(*_: Any) -> Any:
        for volunteer in people[:2]:
            assert (await slow.post("duty/end", volunteer)).status_code == 200
        raise ConnectionError

    report = slow.name("again")
    message = Message(f"test/{report}", report, 1, slow.service.clock.now())
    event = here(report, people_needed=2)
    with monkeypatch.context() as patched:
        patched.setattr(Callouts, "engagements", nobody)  # what the end of duty sees: no call yet
        patched.setattr(Claims, "off_duty", killed)
        with pytest.raises(ConnectionError):
            await handlers_of(slow.service).open(event, message)
    other = slow.replica()
    await handlers_of(other).open(event, message)
    (callout,) = await Callouts(other.store).of_report(report)
    assert set(callout.held) == set(people[2:])
    assert {c.why_stood_down for c in callout.candidates if c.volunteer in people[:2]} == {
        "off_duty"
    }
    assert len(await slow.published("CalloutOpened", report)) == 1
    assert len(await slow.published("WaveCalled", report)) == 1
    await other.store.close()


async def nobody(*_: Any) -> dict[str, Any]:
    return {}


async def test_without_valkey_mongodb_tells_who_went_off_duty(
    slow: Town, monkeypatch: pytest.MonkeyPatch
):
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(6)]

    async def away(*_: Any) -> Any:
        assert (await slow.post("duty/end", people[0])).status_code == 200
        raise RedisConnectionError

    monkeypatch.setattr(Callouts, "engagements", nobody)
    monkeypatch.setattr(Availability, "engage", away)
    opened = await open_callout(slow, slow.service, slow.name("away"), people_needed=2)
    assert opened is not None
    assert set(opened["held"]) == set(people[1:])


async def test_nobody_is_engaged_twice_while_the_events_of_dispatch_are_not_read(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
):
    """Consumption of dispatch's own events stands still for ten minutes of domain time."""
    async with town(backend, rate=_RATE) as place:
        people = [await place.volunteer(f"v{n}", 10 + n) for n in range(16)]
        monkeypatch.setattr(Subscriptions, "read", not_of_dispatch(Subscriptions.read))
        began = place.service.clock.now()
        report, other = 0, place.replica()
        dice = random.Random(7)
        while place.service.clock.now() < began + timedelta(minutes=10):
            report += 1
            await asyncio.gather(
                open_callout(
                    place, (place.service, other)[report % 2], place.name(f"rep_{report}")
                ),
                call_somebody(place, dice, people),
                *(answer_something(place, dice, person) for person in people),
                *(place.send_position(person) for person in people),
            )
        await other.store.close()
        assert_nobody_engaged_twice(await Callouts(place.service.store).find({}, limit=1000))


async def test_who_goes_off_duty_and_on_again_while_events_are_not_read_still_rests(
    slow: Town, monkeypatch: pytest.MonkeyPatch
):
    person = await slow.volunteer("v", 10)
    monkeypatch.setattr(Subscriptions, "read", not_of_dispatch(Subscriptions.read))
    first = await open_callout(slow, slow.service, slow.name("first"))
    assert first is not None
    for verb, body in (("accept", {}), ("arrive", {}), ("finish", {"outcome": "solved"})):
        answer = await slow.post(f"callouts/{first['_id']}/{verb}", person, body)
        assert answer.status_code == 200, answer.text
    place = {"location": {"longitude": LONGITUDE, "latitude": LATITUDE}}
    assert (await slow.post("duty/end", person)).status_code == 200
    assert (await slow.post("duty/start", person, place)).status_code == 201
    second = await open_callout(slow, slow.service, slow.name("second"))
    assert second is not None
    assert second["held"] == []
    (found,) = await Callouts(slow.service.store).searches(second["_id"])
    assert {verdict.reason for verdict in found.selection.verdicts} == {"resting"}


def not_of_dispatch(
    read: Callable[[Subscriptions, Record], Delivery | None],
) -> Callable[[Subscriptions, Record], Delivery | None]:
    return lambda self, record: None if record.topic == topics.DISPATCH else read(self, record)


async def answer_something(place: Town, dice: random.Random, volunteer: str) -> None:
    callout = await engaged(place, volunteer)
    if dice.random() < 0.05:  # off duty and on again, before anybody has heard of it
        start = {"location": {"longitude": LONGITUDE, "latitude": LATITUDE}}
        assert (await place.post("duty/end", volunteer)).status_code == 200
        assert (await place.post("duty/start", volunteer, start)).status_code == 201
    verb = dice.choice(("accept", "accept", "decline", "arrive", "finish", "withdraw", "nothing"))
    if callout and verb != "nothing":
        body = {"outcome": "solved"} if verb == "finish" else {}
        answer = await place.post(f"callouts/{callout}/{verb}", volunteer, body)
        assert answer.status_code in (200, 409), answer.text


async def call_somebody(place: Town, dice: random.Random, people: Sequence[str]) -> None:
    """An officer calls a few by hand to a call-out that is open."""
    officer: dict[str, Any] = {"role": "officer", "area": STREET}
    found = await place.request("GET", "callouts?limit=20", "officer", **officer)
    ids = [one["id"] for one in found.json()["items"] if one["ended_at"] is None]
    if ids:
        body = {"volunteers": dice.sample(list(people), 3)}
        answer = await place.post(f"callouts/{dice.choice(ids)}/call", "officer", body, **officer)
        assert answer.status_code in (200, 409), answer.text


def assert_nobody_engaged_twice(callouts: Sequence[Callout]) -> None:
    engagements: defaultdict[str, list[Candidate]] = defaultdict(list)
    for callout in callouts:
        for candidate in callout.candidates:
            engagements[candidate.volunteer].append(candidate)
    everyone = [one for each in engagements.values() for one in each]
    assert sum(one.accepted_at is not None for one in everyone) > 2, "it was about something"
    for volunteer, some in engagements.items():
        some.sort(key=lambda one: one.called_at)
        for earlier, later in pairwise(some):
            over = earlier.ended_at is not None and earlier.ended_at <= later.called_at + _WRITE
            assert over, f"{volunteer} was engaged twice"


async def engaged(place: Town, volunteer: str) -> str | None:
    return (await place.request("GET", "duty/me", volunteer)).json()["engaged"]
