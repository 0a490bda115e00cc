"""The one path that must never break, straight through, from a report filed to hours credited and
figures updated."""

from simulation.api import Json
from tests.journeys.phone import Phone, eventually
from tests.journeys.station import Station


async def text_for(volunteer: Phone, report: str) -> str:
    """A moment after they accepted."""
    look = volunteer.person.get
    return (
        await eventually(
            lambda: look(f"reports/{report}"), lambda view: view.get("text"), "the text"
        )
    )["text"]


async def credited(volunteer: Phone) -> list[Json]:
    """The volunteer's service records, once they hold ten minutes."""
    page = await eventually(
        lambda: volunteer.person.get("service-records", mine=True),
        lambda page: sum(record["minutes"] for record in page["items"]) >= 10,
        "hours credited",
    )
    return page["items"]


async def test_a_report_is_answered_by_volunteers_resolved_confirmed_credited_and_counted(
    station: Station,
):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    crew = [await station.on_duty(50), await station.on_duty(80)]
    before = await officer.person.get("figures", area="370104009")

    report = await station.reports(resident)
    assert (report["route"], report["people_needed"]) == ("volunteers", 2)

    alerts = [await volunteer.hears("alert", report["id"]) for volunteer in crew]
    assert "音响" not in str(alerts), "an alert carries no text of the report"
    callout = alerts[0]["callout"]
    for volunteer in crew:
        await volunteer.person.post(f"callouts/{callout}/accept")
        assert "音响" in await text_for(volunteer, report["id"])
        await volunteer.person.post(f"callouts/{callout}/on-the-way")
        await volunteer.person.post(f"callouts/{callout}/arrive")
    await station.stands(resident, report["id"], "on_scene")
    await station.domain_minutes(11)
    for volunteer in crew:
        await volunteer.person.post(f"callouts/{callout}/finish", {"outcome": "solved"})

    await resident.hears("outcome", report["id"])
    await station.stands(resident, report["id"], "resolved")
    await resident.person.post(f"reports/{report['id']}/confirm")
    closed = await station.stands(resident, report["id"], "closed")
    assert closed["outcome"] == "solved"

    for volunteer in crew:
        assert {
            piece["source"] for record in await credited(volunteer) for piece in record["evidence"]
        } == {callout}
    after = await officer.person.get("figures", area="370104009")
    assert after["by_route"]["volunteers"] == before["by_route"].get("volunteers", 0) + 1
    assert after["by_state"]["closed"] == before["by_state"].get("closed", 0) + 1
