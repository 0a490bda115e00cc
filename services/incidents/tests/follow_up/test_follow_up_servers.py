"""Following a report by its number, and acting on it with its key."""

import secrets

import pytest

from services.incidents.tests.running import COMMUNITY, Incidents, fields, person, post, report

pytestmark = pytest.mark.servers


async def test_an_anonymous_report_is_followed_by_number_and_key(incidents: Incidents) -> None:
    who, key = person(), secrets.token_hex(16)
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
        hidden = {"timeline.reason", "timeline.note", "timeline.area", "timeline.changed"}
        assert {*shown.json()["hidden"]} == hidden
        assert {line["reason"] for line in shown.json()["timeline"]} == {None}
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


async def test_a_malformed_number_is_not_a_missing_report(incidents: Incidents) -> None:
    async with incidents.client() as nobody:
        wrong = await nobody.get("/follow-ups/JN-0000-0000-1")
        assert (wrong.status_code, fields(wrong.json())) == (422, ["path.number"])
        assert (await nobody.get("/follow-ups/JN-0000-0000-0")).status_code == 404
