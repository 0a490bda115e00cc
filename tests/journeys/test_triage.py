"""What the words or the place leave open waits for the person on watch, and calls nobody."""

import pytest

from tests.journeys.station import Station
from tests.support.client import Json, Refused
from tests.support.demonstration import COMMUNITY
from tests.support.phone import PATIENCE_S, Phone
from tests.support.waiting import eventually

LITTER = "垃圾桶满了好几天，没人清"


async def in_queue(officer: Phone, report: str) -> Json:
    """The report as it waits for this officer by name."""
    page = await eventually(
        lambda: officer.person.get("queue", mine=True, limit=100),
        lambda page: report in [item["id"] for item in page["items"]],
        what=f"{report} in the queue",
        within=PATIENCE_S,
    )
    return next(item for item in page["items"] if item["id"] == report)


async def test_a_test_calls_nobody_and_waits_for_the_person_on_watch(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteer = await station.on_duty()
    filed = await station.file_report(resident, None, text="测试")
    assert (filed["state"], filed["triage"]) == ("filed", "normal")
    report = filed["id"]
    await officer.receives("escalation", report, why="triage")
    assert (await in_queue(officer, report))["why"] == "triage"

    await officer.person.post(f"reports/{report}/reject", {"reason": "测试信息，不派人"})
    await resident.receives("outcome", report)
    ended = await station.report_in_state(resident, report, "not_accepted")
    assert "测试信息，不派人" in [entry["reason"] for entry in ended["timeline"]]
    assert volunteer.all_received("alert", report) == []


async def test_litter_with_a_point_only_reaches_the_committee_that_the_reporter_names(
    station: Station,
):
    officer, committee, resident = [
        await station.somebody(role) for role in ("officer", "committee", "resident")
    ]
    filed = await station.file_report(resident, None, text=LITTER, community=None)
    report = filed["id"]
    assert filed["state_text"]["zh"] == "等待值班人员查看"
    await officer.receives("escalation", report, why="place")
    assert (await in_queue(officer, report))["why"] == "place"
    with pytest.raises(Refused) as refused:
        await committee.person.get(f"reports/{report}")
    assert refused.value.status == 404, "it might be another committee's"

    await resident.person.post(f"reports/{report}/corrections", {"community": COMMUNITY})
    await committee.receives("notice", report)
    assert (await committee.person.get(f"reports/{report}"))["text"] == LITTER
    await station.resolve_and_confirm(committee, resident, report)


async def test_a_question_is_answered_and_the_officer_puts_the_place_right(station: Station):
    officer, committee, resident = [
        await station.somebody(role) for role in ("officer", "committee", "resident")
    ]
    report = (await station.file_report(resident, None, text=LITTER, community=None))["id"]
    await officer.receives("escalation", report, why="place")
    await officer.person.post(f"reports/{report}/questions", {"text": "是哪个社区门口？"})
    await resident.receives("progress", report, event="ReportQuestionAsked")
    asked = await resident.person.get(f"reports/{report}")
    assert (asked["question"]["text"], asked["question"]["state"]) == ("是哪个社区门口？", "asked")

    await resident.person.post(f"reports/{report}/answer", {"text": "段店北村门口"})
    await officer.receives("notice", report, event="ReportQuestionAnswered")
    answered = await officer.person.get(f"reports/{report}")
    assert answered["question"]["answer"] == "段店北村门口"
    correction = {"community": COMMUNITY, "reason": "报告人说是段店北村"}
    await officer.person.post(f"reports/{report}/corrections", correction)
    await committee.receives("notice", report)
    told = await resident.receives("progress", report, event="ReportCorrected")
    assert "社区" in told["body"]["zh"]
    await station.resolve_and_confirm(committee, resident, report)
