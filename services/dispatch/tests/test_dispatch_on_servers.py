"""Dispatch on the real MongoDB, Kafka and Valkey."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from contracts.events.incidents import ReportWithdrawn
from contracts.events.registration import VolunteerStandingChanged
from services.dispatch.callout.store import Callouts
from services.dispatch.position.store import Positions
from services.dispatch.tests.town import COMMUNITY, STATION, STREET, Town, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
async def shared(backend: Backend) -> AsyncGenerator[Town]:
    """A minute takes a quarter of a second."""
    async with town(backend, rate=240) as place:
        await place.squad_and_station(None)
        yield place


@pytest.fixture
async def here(shared: Town) -> Town:
    await shared.send_home()
    return shared


@pytest.fixture
async def slow(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: nothing lapses within the test."""
    async with town(backend, rate=1) as place:
        yield place


async def test_of_100_who_accept_at_once_exactly_three_have_a_place(slow: Town):
    crowd = await asyncio.gather(*(slow.volunteer(f"v{n}", 10 + n) for n in range(100)))
    report = await slow.routed("crowd", people_needed=3)
    (wave,) = await slow.published("WaveCalled", report)
    callout, called = wave["callout"], {call["volunteer"] for call in wave["called"]}
    officer = {"role": "officer", "area": STREET}
    more = [v for v in crowd if v not in called]
    for batch in (more[n : n + 12] for n in range(0, len(more), 12)):
        answer = await slow.post(
            f"callouts/{callout}/call", "officer", {"volunteers": batch}, **officer
        )
        assert answer.status_code == 200, answer.text
    answers = await asyncio.gather(*(slow.post(f"callouts/{callout}/accept", v) for v in crowd))
    assert sum(a.status_code == 200 for a in answers) == 3
    assert {a.json()["type"] for a in answers if a.status_code != 200} == {
        "urn:problem:enough_people"
    }
    assert {a.json()["status"] for a in answers if a.status_code != 200} == {409}
    view = (await slow.request("GET", f"callouts/{callout}", "officer", **officer)).json()
    assert (view["state"], view["accepted"]) == ("filled", 3)
    assert view["candidates"] == {"accepted": 3, "stood_down": 97}
    considered = await slow.pages(f"callouts/{callout}/candidates", 40, **officer)
    assert [[len(page["items"]) for page in considered], sorted(crowd)] == [
        [40, 40, 20],
        sorted(line["volunteer"] for page in considered for line in page["items"]),
    ]
    (filled,) = await slow.published("CalloutFilled", report)
    winners = {v for v, a in zip(crowd, answers, strict=True) if a.status_code == 200}
    assert set(filled["volunteers"]) == winners
    (stood_down,) = await slow.published("WaveStoodDown", report)
    assert set(stood_down["volunteers"]) == set(crowd) - winners
    for volunteer in (crowd[0], crowd[99]):
        await slow.until(
            lambda v=volunteer: _engaged_as(slow, v, callout if v in winners else None),
            "claims follow",
        )


async def _engaged_as(place: Town, volunteer: str, callout: str | None) -> bool:
    return (await place.request("GET", "duty/me", volunteer)).json()["engaged"] == callout


async def test_called_lapses_next_wave_and_every_selection_can_be_made_again(here: Town):
    volunteers = [await here.volunteer(f"w{n}", 100 * n) for n in range(1, 12)]
    report = await here.routed("lapses", category="dispute", urgency="high", people_needed=2)
    escalation = await here.published("CalloutEscalated", report, 1)
    assert escalation[-1]["to"] == "station"
    waves = await here.published("WaveCalled", report)
    called = [call["volunteer"] for wave in waves for call in wave["called"]]
    assert sorted(called) == sorted(volunteers)
    lapses = await here.published("WaveLapsed", report, len(waves))
    assert sorted(v for lapse in lapses for v in lapse["volunteers"]) == sorted(volunteers)
    callouts = Callouts(here.service.store)
    callout = await callouts.require(escalation[0]["callout"])
    kept = await callouts.searches(callout.id)
    assert callout.held == ()
    assert [wave.number for wave in callout.waves] == list(range(1, len(callout.waves) + 1))
    for found, wave in zip(kept, callout.waves, strict=True):
        assert found.selection.policy == wave.policy
        assert found.selection.chosen == wave.called


async def test_nobody_near_the_station_is_alerted_at_once_and_late_events_change_nothing(
    here: Town,
):
    report = await here.routed("nobody", longitude=117.5, latitude=36.9)
    (escalation,) = await here.published("CalloutEscalated", report)
    assert (escalation["to"], escalation["why"]) == ("station", "nobody_on_duty")


async def test_from_the_call_to_hours_credited(here: Town):
    volunteer = await here.volunteer("works", 5, skills=("care",))
    report = await here.routed("work", skills=["care"])
    callout = (await here.published("WaveCalled", report))[0]["callout"]
    for step in ("accept", "on-the-way", "arrive", "arrive"):
        answer = await here.post(f"callouts/{callout}/{step}", volunteer)
        assert answer.status_code == 200, answer.text
    since = here.service.clock.now()
    await here.until(lambda: _minutes_since(here, since, 11), "eleven minutes of work")
    answer = await here.post(f"callouts/{callout}/finish", volunteer, {"outcome": "solved"})
    assert answer.json()["state"] == "done"
    assert (await here.published("CalloutDone", report))[0]["outcome"] == "solved"

    async def credited() -> bool:
        page = (await here.request("GET", "service-records?mine=true", volunteer)).json()
        return bool(page["items"]) and page["items"][0]["minutes"] >= 10

    await here.until(credited, "hours")
    line = (await here.request("GET", f"callouts/{callout}/candidates/me", volunteer)).json()
    assert (line["state"], line["reason"]) == ("done", "called")
    await here.send_position(volunteer)
    again = await here.routed("rests", skills=["care"])
    rests = (await here.published("CalloutOpened", again))[0]["callout"]
    line = (await here.request("GET", f"callouts/{rests}/candidates/me", volunteer)).json()
    assert line["reason"] == "resting"


async def _minutes_since(place: Town, since: object, minutes: float) -> bool:
    return (place.service.clock.now() - since).total_seconds() > minutes * 60  # type: ignore[operator]


async def test_off_duty_and_suspended_people_are_dropped(here: Town):
    leaves = await here.volunteer("leaves", 5, skills=("traffic",))
    report = await here.routed("left", skills=["traffic"])
    callout = (await here.published("WaveCalled", report))[0]["callout"]
    assert (await here.post("duty/end", leaves)).json()["on_duty"] is False
    refused = await here.post(f"callouts/{callout}/accept", leaves)
    assert refused.status_code == 409
    stood = await here.published("WaveStoodDown", report)
    assert (stood[0]["volunteers"], stood[0]["reason"]) == ([leaves], "off_duty")

    suspended = await here.volunteer("suspended", 4, skills=("fire-safety",))
    report = await here.routed("fire", skills=["fire-safety"])
    callout = (await here.published("WaveCalled", report))[0]["callout"]
    assert (await here.post(f"callouts/{callout}/accept", suspended)).status_code == 200
    event = VolunteerStandingChanged(
        volunteer=suspended, station=STATION, area=COMMUNITY, standing="suspended", birth_year=1980
    )
    await here.publish(event, suspended)
    stood = await here.published("WaveStoodDown", report)
    assert [suspended] in [one["volunteers"] for one in stood if one["reason"] == "suspended"]
    refused = await here.post(
        "duty/start", suspended, {"location": {"longitude": 116.94, "latitude": 36.67}}
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:not_a_volunteer")


async def test_positions_come_back_after_redis_was_emptied(here: Town):
    volunteer = await here.volunteer("shows", 5)
    positions = Positions(here.settings.redis_url)
    await positions.redis.flushdb()
    kept = await here.send_position(volunteer)
    assert (kept["status"], kept["accepted"]) == ("kept", 1)
    assert volunteer in await positions.seen([volunteer])
    await here.post("duty/end", volunteer)
    off = await here.send_position(volunteer)
    assert (off["status"], off["off_duty"]) == ("off_duty", 1)
    assert await positions.seen([volunteer]) == {}
    await positions.close()


async def test_a_message_that_comes_twice_opens_one_call_out_and_a_late_one_none(here: Town):
    volunteer = await here.volunteer("once", 3, skills=("first-aid",))
    report = await here.routed("twice", skills=["first-aid"])
    await here.routed("twice", skills=["first-aid"])
    await here.routed("twice", skills=["first-aid"], round=2)
    await here.routed("twice", skills=["first-aid"])
    event = ReportWithdrawn(report=report, station=STATION, area=COMMUNITY, category="assistance")
    await here.publish(event, report)
    await here.published("CalloutStoodDown", report, 2)
    rounds = [event["round"] for event in await here.published("CalloutOpened", report)]
    assert rounds == [1, 2]
    calls = [
        wave["round"]
        for wave in await here.published("WaveCalled", report)
        if volunteer in {call["volunteer"] for call in wave["called"]}
    ]
    assert calls.count(1) == 1


async def test_two_reports_want_the_same_person_who_is_called_to_one_only(here: Town):
    alone = {"longitude": 117.2, "latitude": 36.5}
    volunteer = await here.volunteer("wanted", 0)
    await here.post(
        "positions",
        volunteer,
        {"positions": [alone | {"at": here.service.clock.now().isoformat()}]},
    )
    reports = await asyncio.gather(*(here.routed(f"rival{n}", **alone) for n in range(4)))
    opened = [(await here.published("CalloutOpened", report))[0]["callout"] for report in reports]
    lines = [
        (await here.request("GET", f"callouts/{id}/candidates/me", volunteer)).json()
        for id in opened
    ]
    assert sorted(line["reason"] for line in lines) == ["called", "engaged", "engaged", "engaged"]
    assert lines[0]["reason_text"]["zh"]


async def test_the_leader_is_alerted_first_and_calls_the_own_squad(here: Town):
    place = {"longitude": 117.3, "latitude": 36.6}
    leader = here.name("leader")
    await here.squad_and_station(leader)
    mine, other = await here.volunteer("mine", 0), await here.volunteer("other", 0, squad="squ_02")
    for volunteer in (mine, other):
        await here.post(
            "positions",
            volunteer,
            {"positions": [place | {"at": here.service.clock.now().isoformat()}]},
        )
    report = await here.routed("escalation", **place)
    callout = (await here.published("WaveCalled", report))[0]["callout"]
    assert (await here.post(f"callouts/{callout}/decline", other)).status_code == 200
    escalation = (await here.published("CalloutEscalated", report))[0]
    assert (escalation["to"], escalation["why"], escalation["leaders"]) == (
        "leader",
        "nobody_answered",
        [leader],
    )
    squad = {"role": "leader", "squad": "squ_01"}
    refused = await here.post(f"callouts/{callout}/call", leader, {"volunteers": [other]}, **squad)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:problem:outside_squad")
    seen = (await here.request("GET", f"callouts/{callout}/candidates", leader, **squad)).json()[
        "items"
    ]
    assert [line["volunteer"] for line in seen] == [mine]
    called = await here.post(f"callouts/{callout}/call", leader, {"volunteers": [mine]}, **squad)
    assert (called.status_code, called.json()["not_called"]) == (200, []), called.text
    assert (await here.post(f"callouts/{callout}/accept", mine)).json()["state"] == "filled"
    listed = (
        await here.request("GET", f"callouts?station={STATION}&state=filled", leader, **squad)
    ).json()
    assert callout in [one["id"] for one in listed["items"]]
    await here.squad_and_station(None)


async def test_who_has_no_part_in_it_sees_and_changes_nothing(here: Town):
    volunteer = await here.volunteer("inside", 3, skills=("anti-fraud",))
    stranger = await here.volunteer("outside", 5000)
    report = await here.routed("private", skills=["anti-fraud"])
    callout = (await here.published("WaveCalled", report))[0]["callout"]
    for verb, body in (
        ("accept", {}),
        ("decline", {}),
        ("arrive", {}),
        ("finish", {"outcome": "solved"}),
    ):
        assert (await here.post(f"callouts/{callout}/{verb}", stranger, body)).status_code == 404
    assert (await here.request("GET", f"callouts/{callout}", stranger)).status_code == 404
    elsewhere = {"role": "officer", "area": "370102001"}
    assert (
        await here.request("GET", f"callouts/{callout}/candidates", "officer", **elsewhere)
    ).status_code == 403
    assert (
        await here.post(f"callouts/{callout}/call", "officer", {"volunteers": ["x"]}, **elsewhere)
    ).status_code == 404
    assert (
        await here.request("GET", f"duty?station={STATION}", "officer", **elsewhere)
    ).status_code == 403
    path = f"service-records?volunteer={volunteer}"
    assert (await here.request("GET", path, "officer", **elsewhere)).status_code == 404
    assert (await here.request("GET", path, "officer", role="officer")).status_code == 200
    assert (await here.request("GET", f"callouts/{callout}", volunteer)).json()["me"][
        "state"
    ] == "called"
