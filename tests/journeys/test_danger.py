"""Danger, however it is told, is the police's, and volunteers keep away."""

from tests.journeys.station import Station


async def test_a_knife_told_in_a_note_stands_the_volunteers_down_and_tells_the_officer(
    station: Station,
):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteers = [await station.on_duty(50), await station.on_duty(80)]
    report = (await station.file_report(resident))["id"]
    for volunteer in volunteers:
        callout = (await volunteer.receives("alert", report))["callout"]
        await volunteer.person.post(f"callouts/{callout}/accept")
    for volunteer in volunteers:
        await station.report_in_state(volunteer, report, "accepted")

    await resident.person.post(f"reports/{report}/notes", {"text": "小心!他拿刀了"})
    for volunteer in volunteers:
        warned = await volunteer.receives("stand_down", report, reason="danger")
        assert "危险" in warned["title"]["zh"]
        assert "110" in warned["body"]["zh"]
    asked = await officer.receives("escalation", report, why="handed_off")
    assert asked["data"]["urgency"] == "urgent"
    view = await resident.person.get(f"reports/{report}")
    assert view["route"] == "police"

    await officer.person.post(f"reports/{report}/acknowledge")
    await resident.receives("progress", report, event="ReportAcknowledged")
    await station.close_as_police(officer, report)


async def test_words_of_danger_count_more_than_the_category_that_was_picked(station: Station):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteer = await station.on_duty()
    filed = await station.file_report(resident, "nuisance", text="他拿刀")
    report = filed["id"]
    assert (filed["route"], filed["state"]) == ("police", "handed_off")
    assert "110" in filed["advice"]["zh"]
    asked = await officer.receives("escalation", report, why="handed_off")
    assert asked["data"]["urgency"] == "urgent"
    await officer.person.post(f"reports/{report}/acknowledge")
    await resident.receives("progress", report, event="ReportAcknowledged")
    assert volunteer.all_received("alert", report) == []
    await station.close_as_police(officer, report)
