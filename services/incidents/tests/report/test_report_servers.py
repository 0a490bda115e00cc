"""Reports on a real MongoDB and Kafka: what is answered is stored and on the topic."""

import secrets
from datetime import timedelta
from typing import Any

import orjson
import pytest

from contracts.events import dispatch
from services.incidents.tests.running import (
    COMMUNITY,
    OFFICER,
    Incidents,
    fields,
    person,
    post,
    report,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


def _callout_of(report: str, volunteer: str) -> list[dispatch.CalloutEvent]:
    """A call-out's events, from opened to done."""
    call: dict[str, Any] = {
        "callout": f"cal_{report}",
        "report": report,
        "round": 1,
        "station": "sta_duandian",
        "area": COMMUNITY,
        "category": "nuisance",
    }
    return [
        dispatch.CalloutOpened(**call, urgency="normal", people_needed=2),
        dispatch.CalloutAccepted(**call, volunteer=volunteer, place=1, squad="squ_1"),
        dispatch.VolunteerArrived(**call, volunteer=volunteer),
        dispatch.CalloutDone(**call, outcome="solved"),
    ]


async def test_the_main_path_from_filing_to_confirmed(incidents: Incidents) -> None:
    me, volunteer = person(), person()
    async with (
        incidents.client(me) as own,
        incidents.client(volunteer, ("volunteer", COMMUNITY, "squ_1")) as helper,
    ):
        filed = await post(own, "/reports", report("楼下狗叫,电话13800001111"), 201)
        id = filed["id"]
        summary = (filed["state"], filed["route"], filed["station"])
        assert summary == ("routed", "volunteers", "sta_duandian")
        assert (await helper.get(f"/reports/{id}")).status_code == 404
        for event in _callout_of(id, volunteer):
            await incidents.publish(event, event.callout)

        async def resolved() -> bool:
            return (await own.get(f"/reports/{id}")).json()["state"] == "resolved"

        await eventually(resolved)
        assert (await helper.get(f"/reports/{id}")).json()["text"] == "楼下狗叫,电话13800001111"
        done = await post(own, f"/reports/{id}/confirm", {})
        assert (done["state"], done["end"]) == ("closed", "confirmed")
    events = await incidents.events_of(id, "ReportClosed")
    kinds = ["ReportFiled", "ReportRouted", "ReportResolved", "ReportConfirmed", "ReportClosed"]
    assert [event["type"] for event in events] == kinds
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert "13800001111" not in orjson.dumps(events).decode()


async def test_a_bad_network_files_once(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        key = secrets.token_hex(8)
        first = await post(own, "/reports", report(), 201, key)
        assert await post(own, "/reports", report(), 201, key) == first
        assert fields(await post(own, "/reports", report("另一件事"), 422, key)) == [
            "header.Idempotency-Key"
        ]
        assert len((await own.get("/reports?mine=true")).json()["items"]) == 1


async def test_danger_comes_with_advice_and_stays_with_the_police(incidents: Incidents) -> None:
    me = person()
    async with incidents.client(me) as own, incidents.client(person(), OFFICER) as officer:
        filed = await post(own, "/reports", report("有人拿着菜刀追人", category="nuisance"), 201)
        assert (filed["state"], filed["category"], filed["urgency"]) == (
            "handed_off",
            "violence",
            "urgent",
        )
        assert "110/119/120" in filed["advice"]["zh"]
        path = f"/reports/{filed['id']}"
        refused = await post(
            officer, f"{path}/route", {"route": "volunteers", "reason": "去看看"}, 422
        )
        assert fields(refused) == ["body.route"]
        await post(own, f"{path}/acknowledge", {}, 403)
        await post(officer, f"{path}/acknowledge", {})
        closed = await post(
            officer, f"{path}/close", {"outcome": "solved", "note": "已控制，无人受伤"}
        )
        assert closed["end"] == "police_outcome"
        assert (await own.get(path)).json()["timeline"][-1]["note"] == "已控制，无人受伤"
    assert "ReportHandedOff" in [
        e["type"] for e in await incidents.events_of(filed["id"], "ReportClosed")
    ]


async def test_due_reports_are_settled_once(incidents: Incidents) -> None:
    async with incidents.client(person()) as own, incidents.client(person(), OFFICER) as officer:
        filed = await post(own, "/reports", report("请教怎么办居住证"), 201)
        await post(
            officer, f"/reports/{filed['id']}/resolve", {"outcome": "solved", "note": "已告知"}
        )
        past = incidents.service.clock.now() - timedelta(hours=73)
        await incidents.service.store.database["reports"].update_one(
            {"_id": filed["id"]}, {"$set": {"resolved_at": past, "due_at": past}}
        )
        events = await incidents.events_of(filed["id"], "ReportClosed")
        shown = (await own.get(f"/reports/{filed['id']}")).json()
        assert (shown["state"], shown["confirmed_by"]) == ("closed", "station")
        assert [event["type"] for event in events][-2:] == ["ReportConfirmed", "ReportClosed"]
