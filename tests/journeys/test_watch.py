"""Whoever has the watch is asked, one person a level, until somebody answers for the report."""

import time

from tests.journeys.station import Station, hand_over
from tests.support.client import Json

WITHIN_S = 60.0
"""Wall clock, of a person: a minute on the platform's clock is a second."""
LAIWU: Json = {
    "community": "370116001001",
    "location": {"longitude": 117.5, "latitude": 36.3, "datum": "wgs84"},
}
"""In a district without a station."""
LICHENG_STREET = "370112018"
LICHENG: Json = {
    "community": "370112018201",
    "location": {"longitude": 117.1, "latitude": 36.5, "datum": "wgs84"},
}
"""Where no station is either, and nobody on duty."""


async def test_a_fire_where_no_station_is_gets_to_the_citys_watch_within_the_minute(
    station: Station,
):
    city, resident = await station.appointed("3701"), await station.somebody("resident")
    await city.person.post("watches", {"area": "3701"})
    began = time.monotonic()
    report = await station.file_report(resident, None, text="楼上着火了，快来人", **LAIWU)
    assert (report["route"], report["station"]) == ("police", None)
    assert all(number in report["advice"]["zh"] for number in ("110", "119", "120"))
    asked = await city.receives("escalation", report["id"])
    assert (asked["data"]["level"], asked["data"]["urgency"]) == ("3701", "urgent")

    waiting = await resident.person.get(f"reports/{report['id']}")
    assert "移交民警中" in waiting["state_text"]["zh"]
    await city.person.post(f"reports/{report['id']}/acknowledge")
    taken = await station.report_in_state(resident, report["id"], "acknowledged")
    assert taken["state_text"]["zh"] == "民警已受理"
    told = await resident.receives("progress", report["id"], event="ReportAcknowledged")
    assert told["title"]["zh"] == "民警已受理"
    assert time.monotonic() - began < WITHIN_S

    await station.close_as_police(city, report["id"])
    await resident.receives("outcome", report["id"])


async def test_a_watch_handed_over_while_nobody_comes_asks_exactly_one_person_anew(
    station: Station,
):
    giver, taker, colleague = [await station.appointed(LICHENG_STREET) for _ in range(3)]
    resident = await station.somebody("resident")
    watch = (await giver.person.post("watches", {"area": LICHENG_STREET}))["id"]
    report = (await station.file_report(resident, "assistance", **LICHENG))["id"]
    asked = await giver.receives("escalation", report, why="escalated")

    await hand_over(watch, giver.person, taker.person)
    anew = await taker.receives("escalation", report)
    assert anew["data"]["step"] == asked["data"]["step"] + 1
    await taker.person.post(f"reports/{report}/acknowledge")
    told = await resident.receives("progress", report, event="ReportReferralAcknowledged")
    assert told["title"]["zh"] == "民警正在办理"
    assert giver.all_received("escalation", report) == [asked]
    assert taker.all_received("escalation", report) == [anew]
    assert colleague.all_received("escalation", report) == []
    await taker.receives("notice", event="WatchOffered")

    await station.resolve_and_confirm(taker, resident, report)
