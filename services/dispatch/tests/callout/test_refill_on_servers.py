"""Places that are empty are filled by whoever may still come: on the real MongoDB, Kafka and
Valkey."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from contracts.events.registration import SquadFormed
from services.dispatch.callout.store import Callouts
from services.dispatch.tests.town import LATITUDE, LONGITUDE, STATION, STREET, Town, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
OFFICER: dict[str, Any] = {"role": "officer", "area": STREET}


@pytest.fixture
async def slow(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: nothing lapses within the test."""
    async with town(backend, rate=1) as place:
        yield place


@pytest.fixture
async def fast(backend: Backend) -> AsyncGenerator[Town]:
    """A minute takes a quarter of a second."""
    async with town(backend, rate=240) as place:
        yield place


async def call(place: Town, report: str, count: int = 1) -> tuple[str, list[str]]:
    """The call-out, and whom its last of so many waves called."""
    *_, wave = await place.published("WaveCalled", report, count)
    return wave["callout"], [one["volunteer"] for one in wave["called"]]


async def told(place: Town, report: str, count: int = 1) -> list[str]:
    """Who was told, in order, when the last of so many was."""
    return [one["to"] for one in await place.published("CalloutEscalated", report, count)]


async def accept(place: Town, callout: str, volunteer: str) -> tuple[int, str]:
    answer = await place.post(f"callouts/{callout}/accept", volunteer)
    body = answer.json()
    return answer.status_code, body["state"] if answer.is_success else body["type"]


async def test_a_place_given_back_goes_to_those_who_were_stood_down(slow: Town):
    first, *others = [await slow.volunteer(f"v{n}", 10 + n) for n in range(4)]
    report = await slow.routed("given_back")
    callout, called = await call(slow, report)
    assert set(called) == {first, *others}
    said_no, *spared = others
    assert (await slow.post(f"callouts/{callout}/decline", said_no)).status_code == 200
    assert await accept(slow, callout, first) == (200, "filled")
    await slow.published("WaveStoodDown", report)
    assert (await accept(slow, callout, spared[0]))[1] == "urn:problem:enough_people"
    assert (await slow.post(f"callouts/{callout}/withdraw", first)).status_code == 200
    _, again = await call(slow, report, 2)
    assert set(again) == set(spared), "neither who gave it back nor who said no"
    assert await accept(slow, callout, spared[0]) == (200, "filled")
    stored = await Callouts(slow.service.store).require(callout)
    (taken,) = stored.in_state("accepted")
    assert [(one.wave, one.state) for one in taken.earlier] == [(1, "stood_down")]
    assert stored.held == (spared[0],)
    names = [name for name, data in slow.events if data.get("report") == report]
    assert "CalloutEscalated" not in names


async def test_who_was_called_twice_was_called_twice_this_week(slow: Town):
    first, second = [await slow.volunteer(f"v{n}", 10 + n) for n in range(2)]
    report = await slow.routed("twice_called")
    callout, _ = await call(slow, report)
    await accept(slow, callout, first)
    await slow.post(f"callouts/{callout}/withdraw", first)
    await call(slow, report, 2)
    since = slow.service.clock.now() - timedelta(days=7)
    calls = await Callouts(slow.service.store).calls_since([first, second], since)
    assert {who: len(times) for who, times in calls.items()} == {first: 1, second: 2}


async def test_a_late_yes_takes_the_empty_place_of_an_escalated_call_out(fast: Town):
    late = await fast.volunteer("late", 10)
    report = await fast.routed("late_yes")
    callout, _ = await call(fast, report)
    assert await told(fast, report) == ["station"]
    await fast.send_position(late)
    elsewhere = await fast.routed("elsewhere", people_needed=1)
    other, called = await call(fast, elsewhere)
    assert called == [late]
    held = await accept(fast, other, late)
    assert held == (200, "filled")
    assert await accept(fast, callout, late) == (409, "urn:problem:on_another_matter")
    assert (await fast.post(f"callouts/{other}/withdraw", late)).status_code == 200
    assert await accept(fast, callout, late) == (200, "filled")
    view = (await fast.request("GET", f"callouts/{callout}", "officer", **OFFICER)).json()
    assert (view["accepted"], view["candidates"]) == (1, {"accepted": 1})


async def test_who_leaves_an_escalated_call_out_is_replaced_and_nobody_is_told_again(fast: Town):
    one = await fast.volunteer("one", 10)
    report = await fast.routed("left_late", people_needed=2)
    callout, _ = await call(fast, report)
    assert await told(fast, report) == ["station"]
    assert await accept(fast, callout, one) == (200, "escalated")
    assert (await fast.post(f"callouts/{callout}/withdraw", one)).status_code == 200
    other = await fast.volunteer("other", 20)
    assert (await call(fast, report, 2))[1] == [other]
    assert await accept(fast, callout, other) == (200, "escalated")
    assert await told(fast, report) == ["station"]


async def test_who_comes_on_duty_near_an_empty_place_is_called(slow: Town):
    report = await slow.routed("nobody_yet")
    far = await slow.routed("far_away", longitude=117.5, latitude=36.9)
    assert await told(slow, report) == await told(slow, far) == ["station"]
    comes = await slow.volunteer("comes", 300)
    callout, called = await call(slow, report)
    assert called == [comes]
    assert await accept(slow, callout, comes) == (200, "filled")
    assert "WaveCalled" not in [name for name, data in slow.events if data.get("report") == far]


async def test_who_is_not_needed_elsewhere_is_called_to_the_empty_place(slow: Town):
    """The first call-out takes everybody, so the second finds nobody."""
    people = [await slow.volunteer(f"v{n}", 10 + n) for n in range(3)]
    busy = await slow.routed("busy")
    first, _ = await call(slow, busy)
    report = await slow.routed("empty")
    assert await told(slow, report) == ["station"]
    assert await accept(slow, first, people[0]) == (200, "filled")
    _, called = await call(slow, report)
    assert set(called) == set(people[1:])


async def test_who_has_rested_is_called_to_the_empty_place(fast: Town):
    rests = await fast.volunteer("rests", 10)
    done = await fast.routed("done")
    callout, _ = await call(fast, done)
    for step in ("accept", "arrive"):
        assert (await fast.post(f"callouts/{callout}/{step}", rests)).is_success
    report = await fast.routed("waits")
    await told(fast, report)
    finished = fast.service.clock.now()
    ended = await fast.post(f"callouts/{callout}/finish", rests, {"outcome": "solved"})
    assert ended.json()["state"] == "done"

    async def called() -> bool:
        await fast.send_position(rests)
        return any(n == "WaveCalled" and d["report"] == report for n, d in fast.events)

    await fast.until(called, "called after the rest")
    assert fast.service.clock.now() - finished >= timedelta(minutes=30)


async def test_who_is_seen_near_after_a_while_is_called_to_the_empty_place(fast: Town):
    walks = await fast.volunteer("walks", 8000)
    report = await fast.routed("waits_for_steps")
    await told(fast, report)
    silent_until = fast.service.clock.now() + timedelta(minutes=6)

    async def silent() -> bool:
        return fast.service.clock.now() > silent_until

    await fast.until(silent, "six minutes of silence")
    assert (await fast.send_position(walks, 100))["status"] == "kept"
    assert (await call(fast, report))[1] == [walks]


async def test_who_is_silent_stands_where_they_were_and_the_officer_reads_why(fast: Town):
    silent = await fast.volunteer("silent", 100)
    silent_until = fast.service.clock.now() + timedelta(minutes=6)

    async def long_enough() -> bool:
        return fast.service.clock.now() > silent_until

    await fast.until(long_enough, "six minutes of silence")
    report = await fast.routed("silence")
    callout, called = await call(fast, report)
    assert called == [silent]
    page = await fast.request("GET", f"callouts/{callout}/candidates", "officer", **OFFICER)
    (line,) = page.json()["items"]
    assert line["reason"] == "place_assumed"
    assert "推定" in line["reason_text"]["zh"]


async def test_leaders_are_told_only_where_their_squad_could_have_come(fast: Town):
    leaders = {squad: fast.name(f"leader_of_{squad}") for squad in ("squ_01", "squ_02", "squ_03")}
    for squad, leader in leaders.items():
        await fast.publish(SquadFormed(squad=squad, station=STATION, leader=leader), squad)
    await fast.volunteer("called", 10)
    await fast.volunteer("too_far", 5000, squad="squ_02")
    report = await fast.routed("whose_squad")
    first, _ = await fast.published("CalloutEscalated", report, 2)
    assert (first["to"], first["leaders"]) == ("leader", [leaders["squ_01"]])
    assert await told(fast, report) == ["leader", "station"]
    away = await fast.routed("no_squad", longitude=LONGITUDE + 0.5, latitude=LATITUDE)
    assert await told(fast, away) == ["station"]
