"""Questions and corrections on the real servers, by account and by number and key."""

import pytest

from services.incidents.tests.running import (
    COMMUNITY,
    OFFICER,
    PLACE,
    Incidents,
    fields,
    person,
    post,
    report,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
NEIGHBOURS = "370104009009"


async def test_a_question_is_asked_and_answered(incidents: Incidents) -> None:
    async with (
        incidents.client(person()) as own,
        incidents.client(person()) as stranger,
        incidents.client(person(), OFFICER) as officer,
    ):
        filed = await post(own, "/reports", report("路灯坏了三天"), 201)
        path = f"/reports/{filed['id']}"
        await post(own, f"{path}/questions", {"text": "哪里?"}, 403)
        await post(own, f"{path}/answer", {"text": "没人问"}, 409)
        asked = await post(officer, f"{path}/questions", {"text": "是几号楼?"}, 201)
        assert asked["question"]["state"] == "asked"
        await post(officer, f"{path}/questions", {"text": "还有呢?"}, 409)
        assert (await own.get(path)).json()["question"]["text"] == "是几号楼?"
        await post(stranger, f"{path}/answer", {"text": "三号楼"}, 404)
        await post(officer, f"{path}/answer", {"text": "三号楼"}, 403)
        await post(own, f"{path}/answer", {"text": "三号楼"})
        seen = (await officer.get(path)).json()
        assert (seen["question"]["state"], seen["question"]["answer"]) == ("answered", "三号楼")
        lines = {line["what"]: line["note"] for line in seen["timeline"]}
        assert (lines["asked"], lines["answered"]) == ("是几号楼?", "三号楼")
    events = await incidents.events_of(filed["id"], "ReportQuestionAnswered")
    assert "ReportQuestionAsked" in [event["type"] for event in events]
    assert "号楼" not in str(events)


async def test_an_anonymous_reporter_answers_by_number_and_key(incidents: Incidents) -> None:
    async with incidents.client() as nobody, incidents.client(person(), OFFICER) as officer:
        filed = await post(nobody, "/reports", report("路灯坏了", anonymous=True), 201)
        path, key = f"/follow-ups/{filed['number']}", {"key": filed["follow_up_key"]}
        assert (await nobody.get(path)).json()["question_state"] is None
        await post(nobody, f"{path}/question", key, 409)
        await post(officer, f"/reports/{filed['id']}/questions", {"text": "是几号楼?"}, 201)
        shown = await nobody.get(path)
        assert shown.json()["question_state"] == "asked"
        assert "号楼" not in shown.text
        await post(nobody, f"{path}/question", {"key": "wrong"}, 403)
        assert (await post(nobody, f"{path}/question", key))["text"] == "是几号楼?"
        await post(nobody, f"{path}/answer", {"key": "wrong", "text": "三号楼"}, 403)
        answered = await post(nobody, f"{path}/answer", {**key, "text": "三号楼"})
        assert answered["question_state"] == "answered"
        await post(nobody, f"{path}/community", {**key, "community": NEIGHBOURS})
        moved = (await officer.get(f"/reports/{filed['id']}")).json()
        assert moved["area"] == NEIGHBOURS


async def test_the_community_of_a_point_is_chosen_and_the_committee_gets_it(
    incidents: Incidents,
) -> None:
    async with (
        incidents.client(person()) as own,
        incidents.client(person(), ("committee", COMMUNITY)) as committee,
        incidents.client(person(), OFFICER) as officer,
    ):
        filed = await post(own, "/reports", {"text": "路灯坏了", "location": PLACE}, 201)
        path = f"/reports/{filed['id']}"
        assert (filed["state"], filed["area"]) == ("filed", "370104009")
        assert (filed["referral"], filed["state_text"]["zh"]) == (None, "等待值班人员查看")
        assert (await committee.get(path)).status_code == 404
        waits = (await officer.get(path)).json()["referral"]
        assert (waits["why"], waits["why_text"]["zh"]) == ("place", "缺社区")

        fix = f"{path}/corrections"
        refused = await post(own, fix, {"category": "nuisance"}, 422)
        assert fields(refused) == ["body.category"]
        refused = await post(own, fix, {"community": "370102001002"}, 422)
        assert fields(refused) == ["body.community"]
        refused = await post(officer, fix, {"community": COMMUNITY}, 422)
        assert fields(refused) == ["body.reason"]
        given = await post(own, fix, {"community": COMMUNITY}, 201)
        assert (given["state"], given["area"]) == ("assigned", COMMUNITY)
        assert (await committee.get(path)).status_code == 200

        again = await post(officer, fix, {"category": "hazard", "reason": "有隐患"}, 201)
        line = next(one for one in again["timeline"] if one["reason"] == "有隐患")
        assert line["changed"] == [{"field": "category", "old": "environment", "new": "hazard"}]
        figures = await officer.get(f"/figures?area={COMMUNITY}")
        assert figures.json()["by_category"]["hazard"] >= 1


async def test_an_officer_moves_a_report_to_another_district(incidents: Incidents) -> None:
    there = {"longitude": 117.0205, "latitude": 36.6687, "datum": "wgs84"}
    async with (
        incidents.client(person()) as own,
        incidents.client(person(), OFFICER) as officer,
        incidents.client(person(), ("officer", "370102")) as other,
    ):
        filed = await post(own, "/reports", report("有人持刀"), 201)
        path = f"/reports/{filed['id']}"
        assert "移交" in filed["state_text"]["zh"]
        fix = {"community": "370102001002", "reason": "报错地点"}
        assert fields(await post(officer, f"{path}/corrections", fix, 422)) == ["body.community"]
        moved = await post(officer, f"{path}/corrections", {**fix, "location": there}, 201)
        assert (moved["area"], moved["state"]) == ("370102001002", "handed_off")
        assert (await officer.get(path)).status_code == 404

        async def asked() -> bool:
            referral = (await other.get(path)).json()["referral"]
            return referral["step"] == 1 and referral["level"] == "3701"

        await eventually(asked)
        await post(other, f"{path}/acknowledge", {})
        assert (await own.get(path)).json()["state_text"]["zh"] == "民警已受理"
