"""The one path that must never break: from a report filed to hours credited and figures updated."""

from tests.journeys.station import Station
from tests.support.client import Json, Refused
from tests.support.phone import PATIENCE_S, Phone
from tests.support.waiting import eventually


async def text_for(volunteer: Phone, report: str) -> str:
    """Readable soon after they accepted."""
    view = await eventually(
        lambda: volunteer.person.get(f"reports/{report}"),
        lambda view: view.get("text"),
        what="text of the report",
        within=PATIENCE_S,
        retry_on=(Refused,),
    )
    return view["text"]


async def credited(volunteer: Phone) -> list[Json]:
    """The volunteer's service records, once they hold ten minutes."""
    page = await eventually(
        lambda: volunteer.person.get("service-records", mine=True),
        lambda page: sum(record["minutes"] for record in page["items"]) >= 10,
        what="hours credited",
        within=PATIENCE_S,
        retry_on=(Refused,),
    )
    return page["items"]


async def test_a_report_is_answered_by_volunteers_resolved_confirmed_credited_and_counted(
    station: Station,
):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteers = [await station.on_duty(50), await station.on_duty(80)]
    before = await officer.person.get("figures", area="370104009")

    report = await station.file_report(resident)
    assert (report["route"], report["people_needed"]) == ("volunteers", 2)

    alerts = [await volunteer.receives("alert", report["id"]) for volunteer in volunteers]
    assert "音响" not in str(alerts), "an alert carries no text of the report"
    callout = alerts[0]["callout"]
    for volunteer in volunteers:  # at once: a call lapses after one second of wall clock
        await volunteer.person.post(f"callouts/{callout}/accept")
    for volunteer in volunteers:
        assert "音响" in await text_for(volunteer, report["id"])
        await volunteer.person.post(f"callouts/{callout}/on-the-way")
        await volunteer.person.post(f"callouts/{callout}/arrive")
    await station.report_in_state(resident, report["id"], "on_scene")
    await station.domain_minutes(11)
    for volunteer in volunteers:
        await volunteer.person.post(f"callouts/{callout}/finish", {"outcome": "solved"})

    await resident.receives("outcome", report["id"])
    await station.report_in_state(resident, report["id"], "resolved")
    await resident.person.post(f"reports/{report['id']}/confirm")
    closed = await station.report_in_state(resident, report["id"], "closed")
    assert closed["outcome"] == "solved"

    for volunteer in volunteers:
        assert {
            piece["source"] for record in await credited(volunteer) for piece in record["evidence"]
        } == {callout}
    after = await officer.person.get("figures", area="370104009")
    assert after["by_route"]["volunteers"] == before["by_route"].get("volunteers", 0) + 1
    assert after["by_state"]["closed"] == before["by_state"].get("closed", 0) + 1
