"""No state of a call-out lasts for ever, on the real servers."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from contracts.texts import text
from services.dispatch.callout.store import Callouts
from services.dispatch.tests.town import Town, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
OFFICER = {"role": "officer"}


@pytest.fixture(scope="module")
async def here(backend: Backend) -> AsyncGenerator[Town]:
    """A minute takes a quarter of a second."""
    async with town(backend, rate=240) as place:
        yield place


@pytest.fixture
async def slow(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: nothing is overdue within the test by itself. Its tests come first: the other
    town keeps its database to the end."""
    async with town(backend, rate=1) as place:
        yield place


async def accepted(place: Town, report: str, *volunteers: str) -> str:
    """The call-out, which these have accepted."""
    callout = (await place.published("WaveCalled", report))[0]["callout"]
    for volunteer in volunteers:
        answer = await place.post(f"callouts/{callout}/accept", volunteer)
        assert answer.status_code == 200, answer.text
    return callout


async def set_back(place: Town, callout: str, hours: float) -> None:
    """As if whoever came had given their last sign so long ago."""
    now = place.service.clock.now()
    then = {
        f"candidates.$[c].{field}": now - timedelta(hours=hours)
        for field in ("accepted_at", "arrived_at", "sign_at")
    }
    await Callouts(place.service.store).collection.update_one(
        {"_id": callout},
        {"$set": then | {"due_at": now}},
        array_filters=[{"c.accepted_at": {"$type": "date"}}],
    )


async def seen(place: Town, callout: str, who: str, **token: Any) -> dict[str, Any]:
    return (await place.request("GET", f"callouts/{callout}", who, **token)).json()


async def test_danger_told_later_calls_back_whoever_is_called_coming_or_there(slow: Town):
    there, coming, called = [await slow.volunteer(f"d{n}", n) for n in range(3)]
    report = await slow.routed("knife", people_needed=3)
    callout = await accepted(slow, report, there, coming)
    assert (await slow.post(f"callouts/{callout}/arrive", there)).status_code == 200
    await slow.routed("knife", route="police", round=2, danger=True)
    (ended,) = await slow.published("CalloutStoodDown", report)
    assert ended["reason"] == "danger"
    (stood,) = await slow.published("WaveStoodDown", report)
    assert (stood["reason"], set(stood["accepted"])) == ("danger", {there, coming})
    assert set(stood["volunteers"]) == {there, coming, called}
    (worked,) = await slow.published("VolunteerFinished", report)
    assert (worked["volunteer"], worked["capped"]) == (there, False)
    view = await seen(slow, callout, coming)
    assert (view["ended_because"], view["me"]["stood_down_because"]) == ("danger", "danger")
    assert view["me"]["stood_down_text"]["zh"] == text("stood_down.danger").zh
    line = (await slow.request("GET", f"callouts/{callout}/candidates/me", coming)).json()
    assert (line["state"], line["reason"]) == ("stood_down", "danger")


async def test_who_is_asked_says_that_they_are_still_coming(slow: Town):
    volunteer = await slow.volunteer("late", 5)
    report = await slow.routed("asked")
    callout = await accepted(slow, report, volunteer)
    assert (await seen(slow, callout, volunteer))["me"]["sign_asked_until"] is None
    await set_back(slow, callout, 0.2)
    (asked,) = await slow.published("VolunteerSignAsked", report)
    assert (await seen(slow, callout, volunteer))["me"]["sign_asked_until"] == asked["until"]
    answer = await slow.post(f"callouts/{callout}/still-here", volunteer)
    assert (answer.status_code, answer.json()["me"]["state"]) == (200, "accepted")
    assert answer.json()["me"]["sign_asked_until"] is None
    stranger = await slow.volunteer("stranger", 5000)
    assert (await slow.post(f"callouts/{callout}/still-here", stranger)).status_code == 404


async def test_two_accept_and_vanish_the_leader_is_told_others_are_called_then_the_station(
    here: Town,
):
    leader = here.name("leads")
    await here.squad_and_station(leader)
    gone = [await here.volunteer(f"gone{n}", n) for n in range(2)]
    report = await here.routed("vanish", people_needed=2)
    callout = await accepted(here, report, *gone)
    asked = await here.published("VolunteerSignAsked", report, 2)
    assert {(one["volunteer"], one["about"]) for one in asked} == {
        (volunteer, "setting_out") for volunteer in gone
    }
    told = await here.published("VolunteerOverdue", report, 2)
    assert [one["leaders"] for one in told] == [[leader], [leader]]
    spare = await here.volunteer("spare", 10)

    async def spare_is_called() -> bool:
        await here.send_position(spare)
        waves = await here.published("WaveCalled", report)
        return spare in {call["volunteer"] for wave in waves for call in wave["called"]}

    await here.until(spare_is_called, "the place is offered to somebody else")
    missed = await here.published("VolunteerMissed", report, 2)
    assert {one["volunteer"] for one in missed} == set(gone)
    escalations = await here.published("CalloutEscalated", report, 2)
    assert [one["to"] for one in escalations] == ["leader", "station"]
    await _is_over_for(here, callout, gone)


async def _is_over_for(place: Town, callout: str, gone: list[str]) -> None:
    view = await seen(place, callout, gone[0])
    assert (view["state"], view["me"]["state"]) == ("escalated", "missed")
    assert view["me"]["state_text"]["zh"] == text("candidate.missed").zh
    assert view["me"]["stood_down_text"]["zh"] == text("stood_down.no_sign").zh
    page = await place.request("GET", f"callouts/{callout}/candidates", "officer", **OFFICER)
    lines = {line["volunteer"]: line for line in page.json()["items"]}
    assert {(lines[v]["state"], lines[v]["reason"]) for v in gone} == {("missed", "no_sign")}
    answer = await place.post(f"callouts/{callout}/arrive", gone[0])
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:wrong_state")
    assert text("state.missed").zh in answer.json()["title"]
    for volunteer in gone:
        duty = (await place.request("GET", "duty/me", volunteer)).json()
        assert duty["engaged"] is None, "free for another matter"


async def test_a_forgotten_finish_is_capped_and_counts_what_an_officer_accepts(here: Town):
    await here.squad_and_station(here.name("leads"))
    volunteer = await here.volunteer("forgets", 5, skills=("care",))
    report = await here.routed("forgotten", skills=["care"])
    callout = await accepted(here, report, volunteer)
    assert (await here.post(f"callouts/{callout}/arrive", volunteer)).status_code == 200
    await set_back(here, callout, 4)
    (finished,) = await here.published("VolunteerFinished", report)
    assert finished["capped"]
    (escalation,) = await here.published("CalloutEscalated", report)
    assert (escalation["to"], escalation["why"]) == ("station", "too_few")

    async def waits() -> bool:
        page = await here.request("GET", "hours-checks?mine=true", volunteer)
        return bool(page.json()["items"])

    await here.until(waits, "the hours wait for an officer")
    (check,) = (await here.request("GET", "hours-checks?mine=true", volunteer)).json()["items"]
    assert (check["state"], check["minutes"], check["max_minutes"]) == ("waiting", None, 240)
    assert check["state_text"]["zh"] == text("hours_check.waiting").zh
    mine = (await here.request("GET", "service-records?mine=true", volunteer)).json()
    assert mine["items"] == [], "nothing is credited yet"

    await _officer_accepts_45_minutes(here, check["id"], volunteer)

    async def credited() -> bool:
        page = (await here.request("GET", "service-records?mine=true", volunteer)).json()
        return sum(day["minutes"] for day in page["items"]) == 45

    await here.until(credited, "what the officer accepted is credited")
    (check,) = (await here.request("GET", "hours-checks?mine=true", volunteer)).json()["items"]
    assert check["reason_text"]["zh"] == text("hours_check.confirmed_by_leader").zh


async def _officer_accepts_45_minutes(place: Town, check: str, volunteer: str) -> None:
    """Once, no more than the limit, and no officer of another area."""
    path, body = f"hours-checks/{check}", {"minutes": 45, "reason": "confirmed_by_leader"}
    elsewhere = {"role": "officer", "area": "370102001"}
    assert (await place.request("GET", "hours-checks", "other", **elsewhere)).json()["items"] == []
    assert (await place.post(f"{path}/accept", "other", body, **elsewhere)).status_code == 404
    assert (await place.request("GET", "hours-checks", volunteer)).status_code == 403
    listed = (await place.request("GET", "hours-checks", "officer", **OFFICER)).json()["items"]
    assert check in [one["id"] for one in listed]
    more = await place.post(f"{path}/accept", "officer", body | {"minutes": 241}, **OFFICER)
    assert (more.status_code, more.json()["type"]) == (422, "urn:problem:too_many_minutes")
    decided = await place.post(f"{path}/accept", "officer", body, **OFFICER)
    assert (decided.status_code, decided.json()["minutes"]) == (200, 45), decided.text
    again = await place.post(f"{path}/refuse", "officer", {"reason": "not_there"}, **OFFICER)
    assert (again.status_code, again.json()["type"]) == (409, "urn:problem:wrong_state")
