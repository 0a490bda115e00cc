"""What happens between a call and somebody's coming: refusals, races, and people who leave."""

import asyncio

from simulation.api import Json, Refused
from tests.journeys.phone import Phone, eventually
from tests.journeys.station import Station


async def reply(volunteer: Phone, callout: str, answer: str) -> str:
    """`ok`, or the code of the problem."""
    try:
        await volunteer.person.post(f"callouts/{callout}/{answer}")
    except Refused as refused:
        return refused.code
    return "ok"


async def candidates(officer: Phone, callout: str) -> dict[str, Json]:
    page = await officer.person.get(f"callouts/{callout}/candidates", limit=200)
    return {line["volunteer"]: line for line in page["items"]}


async def test_nobody_on_duty_the_station_is_told_and_sees_to_it(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    report = await station.reports(resident)
    message = await officer.hears("escalation", report["id"])
    assert message["data"]["why"] == "nobody_on_duty"
    assert message["callout"]

    await officer.person.post(
        f"reports/{report['id']}/resolve", {"outcome": "solved", "note": "民警已到场"}
    )
    await resident.hears("outcome", report["id"])
    await resident.person.post(f"reports/{report['id']}/confirm")
    closed = await station.stands(resident, report["id"], "closed")
    assert "escalated" in [entry["what"] for entry in closed["timeline"]]


async def test_all_decline_the_station_is_told_without_waiting_for_the_time_out(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    crew = [await station.on_duty(50 * n) for n in (1, 2)]
    report = await station.reports(resident)
    callout = (await crew[0].hears("alert", report["id"]))["callout"]
    for volunteer in crew:
        await volunteer.hears("alert", report["id"])
        assert await reply(volunteer, callout, "decline") == "ok"
    await officer.hears("escalation", report["id"])
    seen = await candidates(officer, callout)
    assert [seen[volunteer.id]["state"] for volunteer in crew] == ["declined", "declined"]
    assert all(seen[volunteer.id]["reason_text"]["zh"] for volunteer in crew)


async def test_two_reports_compete_for_one_volunteer_who_is_called_to_one_only(station: Station):
    officer, one, two = [
        await station.somebody(role) for role in ("officer", "resident", "resident")
    ]
    volunteer = await station.on_duty()
    reports = await asyncio.gather(*(station.reports(who, "assistance") for who in (one, two)))
    first = await volunteer.hears("alert")
    assert await reply(volunteer, first["callout"], "accept") == "ok"
    (other,) = [report for report in reports if report["id"] != first["report"]]
    told = await officer.hears("escalation", other["id"])
    assert volunteer.heard_of("alert", other["id"]) == []
    assert (await candidates(officer, told["callout"]))[volunteer.id]["reason"] == "engaged"


async def test_all_accept_at_once_exactly_as_many_come_as_are_needed(station: Station):
    resident = await station.somebody("resident")
    crew = [await station.on_duty(20 * n) for n in range(1, 6)]
    report = await station.reports(resident, "assistance")
    assert report["people_needed"] == 1
    alerts = await asyncio.gather(*(volunteer.hears("alert", report["id"]) for volunteer in crew))
    answers = await asyncio.gather(*(reply(v, alerts[0]["callout"], "accept") for v in crew))
    assert answers.count("ok") == 1
    assert set(answers) <= {"ok", "enough_people", "call_lapsed"}
    for volunteer, answer in zip(crew, answers, strict=True):
        view = await volunteer.person.get(f"callouts/{alerts[0]['callout']}")
        assert view["accepted"] == 1
        if answer != "ok":
            await volunteer.hears("stand_down", report["id"])
            assert view["me"]["state"] == "stood_down"


async def test_who_goes_off_duty_while_called_is_out_and_the_next_is_called(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteer = await station.on_duty()
    report = await station.reports(resident, "assistance")
    callout = (await volunteer.hears("alert", report["id"]))["callout"]
    await volunteer.person.post("duty/end")
    assert await reply(volunteer, callout, "accept") != "ok"
    seen = await eventually(
        lambda: candidates(officer, callout),
        lambda found: found[volunteer.id]["state"] != "called",
        "the call to be dropped",
    )
    assert seen[volunteer.id]["state"] == "stood_down"
    await officer.hears("escalation", report["id"])
