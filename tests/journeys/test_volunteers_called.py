"""Between a call and an acceptance: refusals, races, and volunteers who leave."""

import asyncio

from tests.journeys.station import Station
from tests.support.client import Json, Refused
from tests.support.phone import PATIENCE_S, Phone
from tests.support.waiting import eventually


async def reply(volunteer: Phone, callout: str, answer: str) -> str:
    """`ok`, or the code of the problem."""
    try:
        await volunteer.person.post(f"callouts/{callout}/{answer}")
    except Refused as refused:
        return refused.code
    return "ok"


async def accept_at_once(volunteer: Phone, report: str) -> tuple[Json, str]:
    """The alert, and what they were answered."""
    alert = await volunteer.receives("alert", report)
    return alert, await reply(volunteer, alert["callout"], "accept")


async def candidates(officer: Phone, callout: str) -> dict[str, Json]:
    page = await officer.person.get(f"callouts/{callout}/candidates", limit=200)
    return {line["volunteer"]: line for line in page["items"]}


async def test_with_nobody_on_duty_the_station_is_alerted_and_resolves_it(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    report = await station.file_report(resident)
    asked = await officer.receives("escalation", report["id"], why="escalated")
    assert asked["data"]["asked"] == "holder", "the one who has the watch"
    told = await resident.receives("progress", report["id"], why="nobody_on_duty")
    assert told["title"]["zh"] == "附近暂时没有义警"
    await officer.person.post(f"reports/{report['id']}/acknowledge")
    await resident.receives("progress", report["id"], event="ReportReferralAcknowledged")

    await station.resolve_and_confirm(officer, resident, report["id"])
    closed = await resident.person.get(f"reports/{report['id']}")
    assert "escalated" in [entry["what"] for entry in closed["timeline"]]


async def test_if_all_decline_the_station_is_alerted_before_the_timeout(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteers = [await station.on_duty(50 * n) for n in (1, 2)]
    report = await station.file_report(resident)
    callout = (await volunteers[0].receives("alert", report["id"]))["callout"]
    for volunteer in volunteers:
        await volunteer.receives("alert", report["id"])
        assert await reply(volunteer, callout, "decline") == "ok"
    await officer.receives("escalation", report["id"])
    seen = await candidates(officer, callout)
    assert [seen[volunteer.id]["state"] for volunteer in volunteers] == ["declined", "declined"]
    assert all(seen[volunteer.id]["reason_text"]["zh"] for volunteer in volunteers)


async def test_a_volunteer_wanted_by_two_reports_is_called_to_one(station: Station):
    officer, one, two = [
        await station.somebody(role) for role in ("officer", "resident", "resident")
    ]
    volunteer = await station.on_duty()
    reports = await asyncio.gather(*(station.file_report(who, "assistance") for who in (one, two)))
    first = await volunteer.receives("alert")
    assert await reply(volunteer, first["callout"], "accept") == "ok"
    (other,) = [report for report in reports if report["id"] != first["report"]]
    await officer.receives("escalation", other["id"])
    assert volunteer.all_received("alert", other["id"]) == []
    callout = await station.escalated_callout(officer, other["id"])
    assert (await candidates(officer, callout))[volunteer.id]["reason"] == "engaged"


async def test_if_all_accept_at_once_only_as_many_as_needed_succeed(station: Station):
    resident = await station.somebody("resident")
    volunteers = [await station.on_duty(20 * n) for n in range(1, 6)]
    report = await station.file_report(resident, "assistance")
    assert report["people_needed"] == 1
    called = await asyncio.gather(*(accept_at_once(v, report["id"]) for v in volunteers))
    assert [alert["data"]["wave"] for alert, _ in called] == [1] * 5, "called together"
    answers = [answer for _, answer in called]
    assert answers.count("ok") == 1
    assert set(answers) <= {"ok", "enough_people", "call_lapsed"}
    for volunteer, (alert, answer) in zip(volunteers, called, strict=True):
        view = await volunteer.person.get(f"callouts/{alert['callout']}")
        assert view["accepted"] == 1
        if answer != "ok":
            assert view["me"]["state"] == "stood_down"
            await volunteer.receives("stand_down", report["id"])


async def test_a_place_given_back_goes_to_who_was_stood_down(station: Station):
    resident = await station.somebody("resident")
    first, second = [await station.on_duty(30 * n) for n in (1, 2)]
    report = await station.file_report(resident, "assistance")
    callout = (await first.receives("alert", report["id"]))["callout"]
    await second.receives("alert", report["id"])
    assert await reply(first, callout, "accept") == "ok"
    await second.receives("stand_down", report["id"])
    assert await reply(first, callout, "withdraw") == "ok"

    async def alerts() -> list[Json]:
        return second.all_received("alert", report["id"])

    await eventually(alerts, lambda some: len(some) == 2, what="a second alert", within=PATIENCE_S)
    assert await reply(second, callout, "accept") == "ok"
    view = await second.person.get(f"callouts/{callout}")
    assert (view["state"], view["accepted"]) == ("filled", 1)


async def test_a_called_volunteer_who_goes_off_duty_is_replaced(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteer = await station.on_duty()
    report = await station.file_report(resident, "assistance")
    callout = (await volunteer.receives("alert", report["id"]))["callout"]
    await volunteer.person.post("duty/end")
    assert await reply(volunteer, callout, "accept") != "ok"
    seen = await eventually(
        lambda: candidates(officer, callout),
        lambda found: found[volunteer.id]["state"] != "called",
        what="call dropped",
        within=PATIENCE_S,
        retry_on=(Refused,),
    )
    assert seen[volunteer.id]["state"] == "stood_down"
    await officer.receives("escalation", report["id"])
