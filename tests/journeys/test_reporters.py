"""The reporter's side: not satisfied, on a bad network, without an account."""

import asyncio

import httpx
import pytest

from simulation.api import Json, Refused
from tests.journeys.phone import Phone, eventually
from tests.journeys.station import Station


async def done_by(volunteer: Phone, report: str) -> None:
    """The volunteer is called, goes there and finishes."""
    callout = (await volunteer.hears("alert", report))["callout"]
    for step in ("accept", "on-the-way", "arrive"):
        await volunteer.person.post(f"callouts/{callout}/{step}")
    await volunteer.person.post(f"callouts/{callout}/finish", {"outcome": "solved"})


async def test_a_reporter_who_is_not_satisfied_gets_a_new_round_and_closes_it_then(
    station: Station,
):
    resident, first = await station.somebody("resident"), await station.on_duty()
    report = (await station.reports(resident, "assistance"))["id"]
    await done_by(first, report)
    await station.stands(resident, report, "resolved")
    with pytest.raises(Refused) as refused:
        await resident.person.post(f"reports/{report}/reopen", {})
    assert refused.value.status == 422, "a reason is needed"

    second = await station.on_duty(80)
    again = await resident.person.post(f"reports/{report}/reopen", {"reason": "东西还在楼下"})
    assert again["round"] == 2
    await done_by(second, report)
    await station.stands(resident, report, "resolved", round=2)
    assert first.heard_of("alert", report)[1:] == [], "who has just been there rests"
    await resident.person.post(f"reports/{report}/confirm")
    closed = await station.stands(resident, report, "closed")
    what = [entry["what"] for entry in closed["timeline"]]
    assert what.count("resolved") == 2
    assert what.index("reopened") < len(what) - 1 - what[::-1].index("resolved")


async def test_a_report_sent_again_by_a_bad_network_is_one_report(station: Station):
    resident, volunteer = await station.somebody("resident"), await station.on_duty()
    body, key = station.words_of("assistance"), "the-phone-gave-it-this"
    answers = await asyncio.gather(
        *(resident.person.post("reports", body, key=key) for _ in range(4))
    )
    assert (
        len({answer["id"] for answer in answers})
        == len({answer["number"] for answer in answers})
        == 1
    )
    await volunteer.hears("alert", answers[0]["id"])
    mine = (await resident.person.get("reports", mine=True))["items"]
    assert [view["id"] for view in mine] == [answers[0]["id"]]
    assert len(volunteer.heard_of("alert", answers[0]["id"])) == 1

    with pytest.raises(Refused) as refused:
        await resident.person.post("reports", body | {"text": "另一件事"}, key=key)
    assert (refused.value.status, refused.value.code) == (422, "key_reused")


async def test_a_report_without_an_account_is_followed_and_confirmed_by_its_number(
    station: Station,
):
    volunteer = await station.on_duty()
    async with httpx.AsyncClient(base_url=station.api.url + "/api/v1", timeout=10) as stranger:
        answer = await stranger.post(
            "/reports", json=station.words_of("assistance", anonymous=True)
        )
        assert answer.status_code == 201, answer.text
        report = answer.json()
        number, key = report["number"], report["follow_up_key"]

        async def follow() -> Json:
            return (await stranger.get(f"/follow-ups/{number}")).raise_for_status().json()

        seen = await follow()
        assert seen["state_text"]["zh"]
        assert not {"text", "location", "follow_up_key"} & seen.keys()
        assert "搬上楼" not in str(seen)
        assert (await stranger.get("/follow-ups/AAAA-AAAA-A")).status_code in (404, 422)

        await done_by(volunteer, report["id"])
        await eventually(follow, lambda view: view["state"] == "resolved", "resolved")
        wrong = await stranger.post(f"/follow-ups/{number}/confirm", json={"key": "x" * len(key)})
        assert wrong.status_code in (403, 404)
        assert (await follow())["state"] == "resolved"
        right = await stranger.post(f"/follow-ups/{number}/confirm", json={"key": key})
        assert right.status_code == 200, right.text
        await eventually(follow, lambda view: view["state"] == "closed", "closed")
