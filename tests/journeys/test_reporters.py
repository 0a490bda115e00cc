"""The reporter's side: not satisfied, on a bad network, without an account."""

import asyncio

import pytest

from tests.journeys.station import Station
from tests.support.client import Json, Refused, ask
from tests.support.phone import PATIENCE_S, Phone
from tests.support.waiting import eventually


async def work_on(volunteer: Phone, report: str) -> None:
    """Accept the call, go there and finish."""
    callout = (await volunteer.receives("alert", report))["callout"]
    for step in ("accept", "on-the-way", "arrive"):
        await volunteer.person.post(f"callouts/{callout}/{step}")
    await volunteer.person.post(f"callouts/{callout}/finish", {"outcome": "solved"})


async def test_a_reporter_who_is_not_satisfied_gets_a_second_round(
    station: Station,
):
    resident, first = await station.somebody("resident"), await station.on_duty()
    report = (await station.file_report(resident, "assistance"))["id"]
    await work_on(first, report)
    await station.report_in_state(resident, report, "resolved")
    with pytest.raises(Refused) as refused:
        await resident.person.post(f"reports/{report}/reopen", {})
    assert refused.value.status == 422, "a reason is needed"

    second = await station.on_duty(80)
    again = await resident.person.post(f"reports/{report}/reopen", {"reason": "东西还在楼下"})
    assert again["round"] == 2
    await work_on(second, report)
    await station.report_in_state(resident, report, "resolved", round=2)
    assert first.all_received("alert", report)[1:] == [], "a volunteer rests after a call-out"
    await resident.person.post(f"reports/{report}/confirm")
    closed = await station.report_in_state(resident, report, "closed")
    what = [entry["what"] for entry in closed["timeline"]]
    assert what.count("resolved") == 2
    assert what.index("reopened") < len(what) - 1 - what[::-1].index("resolved")


async def test_a_report_repeated_on_a_bad_network_is_one_report(station: Station):
    resident, volunteer = await station.somebody("resident"), await station.on_duty()
    body, key = station.report_body("assistance"), "the-phone-gave-it-this"
    answers = await asyncio.gather(
        *(resident.person.post("reports", body, key=key) for _ in range(4))
    )
    assert (
        len({answer["id"] for answer in answers})
        == len({answer["number"] for answer in answers})
        == 1
    )
    await volunteer.receives("alert", answers[0]["id"])
    mine = (await resident.person.get("reports", mine=True))["items"]
    assert [view["id"] for view in mine] == [answers[0]["id"]]
    assert len(volunteer.all_received("alert", answers[0]["id"])) == 1

    with pytest.raises(Refused) as refused:
        await resident.person.post("reports", body | {"text": "另一件事"}, key=key)
    assert (refused.value.status, refused.value.code) == (422, "key_reused")


async def test_a_report_without_an_account_is_followed_and_confirmed_by_number(
    station: Station,
):
    volunteer = await station.on_duty()
    body = station.report_body("assistance", anonymous=True)
    filed = await ask(station.api, None, "POST", "reports", json=body)
    assert filed.status_code == 201, filed.text
    report = filed.json()
    number, key = report["number"], report["follow_up_key"]

    async def follow() -> Json:
        return await station.api.send("GET", f"follow-ups/{number}")

    async def confirm(key: str) -> int:
        path = f"follow-ups/{number}/confirm"
        return (await ask(station.api, None, "POST", path, json={"key": key})).status_code

    async def follow_until(state: str) -> None:
        await eventually(follow, lambda view: view["state"] == state, what=state, within=PATIENCE_S)

    view = await follow()
    assert view["state_text"]["zh"]
    assert not {"text", "location", "follow_up_key"} & view.keys()
    assert "搬上楼" not in str(view)
    unknown = await ask(station.api, None, "GET", "follow-ups/AAAA-AAAA-A")
    assert unknown.status_code in (404, 422)

    await work_on(volunteer, report["id"])
    await follow_until("resolved")
    assert await confirm("x" * len(key)) in (403, 404)
    assert (await follow())["state"] == "resolved"
    assert await confirm(key) == 200
    await follow_until("closed")
