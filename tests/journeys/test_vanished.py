"""Whoever accepts and gives no sign keeps neither the place nor the reporter waiting."""

import pytest

from tests.journeys.station import Station
from tests.support.client import Refused


async def test_two_who_accept_and_vanish_are_asked_their_leader_told_and_the_places_filled_again(
    station: Station,
):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    vanished = [await station.on_duty(50), await station.on_duty(80)]
    leaders = [await station.leader_of(volunteer) for volunteer in vanished]
    report = (await station.file_report(resident))["id"]
    for volunteer in vanished:
        callout = (await volunteer.receives("alert", report))["callout"]
        await volunteer.person.post(f"callouts/{callout}/accept")
    for volunteer, leader in zip(vanished, leaders, strict=True):
        asked = await volunteer.receives("notice", report, event="VolunteerSignAsked")
        assert asked["title"]["zh"] == "您出发了吗？"
        told = await leader.receives("escalation", report, volunteer=volunteer.id)
        assert told["title"]["zh"] == "队员接单后没有动静"

    other = await station.on_duty(60)
    for volunteer in vanished:
        missed = await volunteer.receives("stand_down", report, event="VolunteerMissed")
        assert missed["title"]["zh"] == "已另请他人，您不用去了"
    await other.receives("alert", report)
    await officer.receives("escalation", report, why="escalated")  # one is not enough
    with pytest.raises(Refused) as refused:
        await vanished[0].person.get(f"reports/{report}")
    assert refused.value.status == 404
    await station.resolve_and_confirm(officer, resident, report)
