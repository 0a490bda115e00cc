"""incidents on a real MongoDB and Kafka: what is answered is stored, on the topic, and nobody
else's."""

import secrets
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from contracts.events import dispatch
from services.incidents.tests.conftest import Held, Incidents, eventually

pytestmark = pytest.mark.servers
PLACE = {"longitude": 116.942, "latitude": 36.6695, "datum": "wgs84"}
COMMUNITY = "370104009008"
OFFICER: Held = ("officer", "370104009")


def person() -> str:
    return f"acc_{secrets.token_hex(5)}"


def report(text: Any = "楼下广场舞太吵了", **more: Any) -> dict[str, Any]:
    return {"text": text, "location": PLACE, "community": COMMUNITY, **more}


async def post(
    client: httpx.AsyncClient, path: str, body: Any, status: int = 200, key: str = ""
) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code == status, answer.text
    return answer.json()


def fields(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


async def test_the_main_path_from_filing_to_confirmed(incidents: Incidents) -> None:
    me, volunteer = person(), person()
    async with (
        incidents.client(me) as own,
        incidents.client(volunteer, ("volunteer", COMMUNITY, "squ_1")) as helper,
    ):
        filed = await post(own, "/reports", report("楼下狗叫,电话13800001111"), 201)
        id = filed["id"]
        call: dict[str, Any] = {
            "callout": f"cal_{id}",
            "report": id,
            "round": 1,
            "station": "sta_duandian",
            "area": COMMUNITY,
            "category": "nuisance",
        }
        assert (filed["state"], filed["route"], filed["station"]) == (
            "routed",
            "volunteers",
            "sta_duandian",
        )
        assert (await helper.get(f"/reports/{id}")).status_code == 404
        for event in (
            dispatch.CalloutOpened(**call, urgency="normal", people_needed=2),
            dispatch.CalloutAccepted(**call, volunteer=volunteer, place=1, squad="squ_1"),
            dispatch.VolunteerArrived(**call, volunteer=volunteer),
            dispatch.CalloutDone(**call, outcome="solved"),
        ):
            await incidents.publish(event, call["callout"])

        async def resolved() -> bool:
            return (await own.get(f"/reports/{id}")).json()["state"] == "resolved"

        await eventually(resolved)
        assert (await helper.get(f"/reports/{id}")).json()["text"] == "楼下狗叫,电话13800001111"
        done = await post(own, f"/reports/{id}/confirm", {})
        assert (done["state"], done["end"]) == ("closed", "confirmed")
    events = await incidents.events_of(id, "ReportClosed")
    assert [event["type"] for event in events] == [
        "ReportFiled",
        "ReportRouted",
        "ReportResolved",
        "ReportConfirmed",
        "ReportClosed",
    ]
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
        assert len((await own.get("/reports?mine=true")).json()["reports"]) == 1


async def test_an_anonymous_report_is_followed_by_number_and_key(incidents: Incidents) -> None:
    who, key = person(), secrets.token_hex(8)
    async with incidents.client(who) as own, incidents.client() as nobody:
        body = report("路灯坏了三天", anonymous=True)
        filed = await post(own, "/reports", body, 201, key)
        assert (await post(own, "/reports", body, 201, key))["follow_up_key"] == filed[
            "follow_up_key"
        ]
        stored = await incidents.service.store.database["reports"].find_one({"_id": filed["id"]})
        assert who not in str(stored)
        assert filed["follow_up_key"] not in str(stored)
        assert (await own.get(f"/reports/{filed['id']}")).status_code == 404
        spoken = filed["number"].lower().replace("-", " ")
        shown = await nobody.get(f"/follow-ups/{spoken}")
        assert shown.json()["state"] == "assigned"
        assert "路灯" not in shown.text
        async with incidents.client(person(), ("committee", COMMUNITY)) as staff:
            await post(
                staff, f"/reports/{filed['id']}/resolve", {"outcome": "solved", "note": "已换灯泡"}
            )
        path = f"/follow-ups/{filed['number']}"
        assert fields(await post(nobody, f"{path}/confirm", {"key": "wrong"}, 403)) == ["body.key"]
        with_key = {"key": filed["follow_up_key"]}
        assert (await post(nobody, f"{path}/reopen", {**with_key, "reason": "还是不亮"}))[
            "round"
        ] == 2
        await nobody.post("/reports", json=report("没有账号也能报", anonymous=True))
        await post(nobody, "/reports", report(), 401)


async def test_a_wrong_number_is_not_a_missing_one(incidents: Incidents) -> None:
    async with incidents.client() as nobody:
        wrong = await nobody.get("/follow-ups/JN-0000-0000-1")
        assert (wrong.status_code, fields(wrong.json())) == (422, ["path.number"])
        assert (await nobody.get("/follow-ups/JN-0000-0000-0")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (report(location={"longitude": 116.4, "latitude": 39.9}), "body.location"),
        (report(location={"longitude": 116.942, "latitude": 95}), "body.location.latitude"),
        (report(community="370102001002"), "body.community"),
        (report(community="370104009999"), "body.community"),
        (report(text="   "), "body.text"),
        (report(text={"$ne": None}), "body.text"),
        (report(category={"$gt": ""}), "body.category"),
        (report(category="murder"), "body.category"),
        (report(people_needed=21), "body.people_needed"),
        (report(photo="pho_nobody"), "body.photo"),
        (report(finished=True), "body.finished"),
        (report(extra=1), "body.extra"),
        ({"text": "没有地点"}, "body.location"),
    ],
)
async def test_a_bad_report_is_refused_by_field_and_nothing_is_stored(
    incidents: Incidents, body: dict[str, Any], field: str
) -> None:
    async with incidents.client(person()) as own:
        answer = await own.post("/reports", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (
            422,
            "application/problem+json",
        )
        assert any(name.startswith(field) for name in fields(answer.json())), answer.text
        assert (await own.get("/reports?mine=true")).json()["reports"] == []


async def test_not_a_number_is_no_place(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        raw = b'{"text": "x", "location": {"longitude": NaN, "latitude": Infinity}}'
        answer = await own.post(
            "/reports", content=raw, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422


async def test_danger_is_answered_with_advice_and_stays_the_polices(incidents: Incidents) -> None:
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


async def test_each_sees_only_their_own(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        police = await post(own, "/reports", report("老人走失了"), 201)
        lamp = await post(own, "/reports", report("路灯坏了"), 201)
        searched = await post(own, "/reports", report("老人走失了"), 201)
    async with incidents.client(person(), OFFICER) as officer:
        await post(
            officer,
            f"/reports/{searched['id']}/route",
            {"route": "volunteers", "reason": "请帮忙寻找"},
        )
    strangers: tuple[Held, ...] = (
        ("resident", "3701"),
        ("officer", "370102"),
        ("committee", "370104009007"),
        ("city_desk", "3701"),
    )
    for held in strangers:
        async with incidents.client(person(), held) as stranger:
            for path in (f"/reports/{lamp['id']}", f"/reports/{lamp['id']}/photo"):
                assert (await stranger.get(path)).status_code == 404
            await post(stranger, f"/reports/{lamp['id']}/notes", {"text": "x"}, 404)
    async with incidents.client(person(), ("committee", COMMUNITY)) as staff:
        seen = {entry["id"] for entry in (await staff.get("/reports?limit=100")).json()["reports"]}
        assert lamp["id"] in seen
        assert {police["id"], searched["id"]}.isdisjoint(seen)
        for hidden in (police, searched):
            assert (await staff.get(f"/reports/{hidden['id']}")).status_code == 404
        await post(staff, f"/reports/{lamp['id']}/route", {"route": "police", "reason": "x"}, 403)
    async with incidents.client(person(), OFFICER) as officer:
        for query in ("", "?station=sta_duandian", "?area=370104", f"?area={COMMUNITY}"):
            seen = {
                entry["id"] for entry in (await officer.get("/reports" + query)).json()["reports"]
            }
            assert {lamp["id"], police["id"]} <= seen
        assert (await officer.get("/reports?area=370102")).status_code == 403
    async with incidents.client(person()) as resident:
        assert (await resident.get("/reports")).status_code == 403


async def test_pages_follow_each_other(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        filed = [(await post(own, "/reports", report(f"第{n}件"), 201))["id"] for n in range(5)]
        seen: list[str] = []
        query: dict[str, Any] = {"mine": True, "limit": 2}
        while query:
            page = (await own.get("/reports", params=query)).json()
            seen += [entry["id"] for entry in page["reports"]]
            query = {**query, "cursor": page["next"]} if "next" in page else {}
        assert seen == filed[::-1]
        assert fields((await own.get("/reports?mine=true&cursor=%2e%2e")).json()) == [
            "query.cursor"
        ]


async def test_a_photo_belongs_to_one_report(incidents: Incidents) -> None:
    picture = BytesIO()
    Image.new("RGB", (30, 30), (0, 90, 200)).save(picture, "JPEG")
    async with incidents.client(person()) as own, incidents.client(person()) as other:
        photo = (await own.post("/photos", content=picture.getvalue())).json()["id"]
        filed = await post(own, "/reports", report(photo=photo), 201)
        shown = await own.get(f"/reports/{filed['id']}/photo")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert (await other.get(f"/reports/{filed['id']}/photo")).status_code == 404
        assert fields(await post(other, "/reports", report(photo=photo), 422)) == ["body.photo"]
        stored = await incidents.service.store.database["photos"].find_one({"_id": photo})
        assert stored is not None
        assert stored["expires_at"] is None
        assert (await own.post("/photos", content=b"GIF89a")).status_code == 422
        assert (await own.post("/photos", content=bytes(5 * 1024 * 1024 + 1))).status_code == 413
        assert (await own.post("/photos", content=bytes(10 * 1024 * 1024))).status_code == 413


async def test_the_log_book_is_the_stations_to_read(incidents: Incidents) -> None:
    entry = {"kind": "patrol", "text": "夜间巡逻三圈", "community": COMMUNITY, "minutes": 90}
    async with incidents.client(person(), ("volunteer", COMMUNITY)) as volunteer:
        written = await post(volunteer, "/log-entries", entry, 201)
        assert fields(
            await post(volunteer, "/log-entries", {**entry, "community": "370104009999"}, 422)
        ) == ["body.community"]
        assert [e["id"] for e in (await volunteer.get("/log-entries")).json()["entries"]] == [
            written["id"]
        ]
        assert (await volunteer.get("/log-entries?area=370104009")).status_code == 403
        finished = await post(volunteer, "/reports", report("帮老人搬了东西", finished=True), 201)
        assert (finished["state"], finished["end"]) == ("closed", "logged")
    async with incidents.client(person(), OFFICER) as officer:
        assert written["id"] in [
            e["id"] for e in (await officer.get("/log-entries")).json()["entries"]
        ]
    async with incidents.client(person()) as resident:
        await post(resident, "/log-entries", entry, 403)


async def test_figures_count_without_persons(incidents: Incidents) -> None:
    quiet = "370104009203"
    async with (
        incidents.client(person()) as own,
        incidents.client(person(), ("city_desk", "3701")) as desk,
    ):
        for text in ("路灯坏了", "路灯又坏了", "有人持刀"):
            await post(own, "/reports", report(text, community=quiet), 201)
        counted = (await desk.get("/figures", params={"area": quiet})).json()
        assert counted["by_route"] == {"committee": 2, "police": 1}
        assert counted["by_state"] == {"assigned": 2, "handed_off": 1}
        assert (counted["reports"], counted["minutes_to_resolved"]) == (3, None)
        assert (await own.get("/figures", params={"area": quiet})).status_code == 200
        assert (await own.get("/figures", params={"area": "370104009"})).status_code == 403
        wrong = await desk.get("/figures", params={"area": "3701", "from": "2020-01-01T00:00:00Z"})
        assert fields(wrong.json()) == ["query.from"]
        assert len((await own.get("/categories")).json()["categories"]) == 18


async def test_what_is_due_happens_by_itself_once(incidents: Incidents) -> None:
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
