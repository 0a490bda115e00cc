"""The queue through the API: who sees what, in which order, with how long it has waited."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from services.incidents.tests.running import (
    COMMUNITY,
    OFFICER,
    Held,
    Incidents,
    fields,
    person,
    post,
    report,
)

pytestmark = pytest.mark.servers
STAFF: Held = ("committee", COMMUNITY)


async def queue(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/queue", params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def waits(items: Sequence[dict[str, Any]], filed: dict[str, Any]) -> str | None:
    return next((item["waits_for"] for item in items if item["id"] == filed["id"]), None)


async def test_the_most_urgent_first_until_it_is_dealt_with(incidents: Incidents) -> None:
    me = person()
    async with incidents.client(person()) as own, incidents.client(me, OFFICER) as officer:
        lamp = await post(own, "/reports", report("路灯坏了"), 201)
        vague = await post(own, "/reports", report("测试"), 201)
        knife = await post(own, "/reports", report("有人拿着菜刀追人"), 201)
        items = await queue(officer)
        order = [item["id"] for item in items]
        assert order.index(knife["id"]) < order.index(vague["id"]) < order.index(lamp["id"])
        shown = items[order.index(vague["id"])]
        assert (shown["waits_for"], shown["why"], shown["triage"]) == (
            "acknowledge",
            "triage",
            "normal",
        )
        assert (shown["text"], shown["mine"]) == ("测试", False)
        assert 0 <= shown["waiting_s"] < 600
        await post(officer, f"/reports/{knife['id']}/acknowledge", {})
        mine = await queue(officer, mine=True)
        assert [(item["id"], item["waits_for"], item["mine"]) for item in mine] == [
            (knife["id"], "outcome", True)
        ]
        ended = {"outcome": "solved", "note": "已控制"}
        await post(officer, f"/reports/{knife['id']}/close", ended)
        assert waits(await queue(officer), knife) is None


async def test_each_sees_their_own_areas(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        lamp = await post(own, "/reports", report("路灯坏了"), 201)
        knife = await post(own, "/reports", report("有人拿着菜刀追人"), 201)
        assert (await own.get("/queue")).status_code == 403
    async with incidents.client() as stranger:
        assert (await stranger.get("/queue")).status_code == 401
    async with incidents.client(person(), STAFF) as staff:
        items = await queue(staff)
        assert (waits(items, lamp), waits(items, knife)) == ("answer", None)
        await post(staff, f"/reports/{lamp['id']}/notes", {"text": "明天来修"}, 201)
        assert waits(await queue(staff), lamp) == "resolve"
        assert (await staff.get("/queue?area=370102")).status_code == 403
    async with incidents.client(person(), ("officer", "370102")) as elsewhere:
        assert {waits(await queue(elsewhere), one) for one in (lamp, knife)} == {None}
    async with incidents.client(person(), ("officer", "3701")) as city:
        assert waits(await queue(city, area=COMMUNITY), knife) == "acknowledge"
        assert waits(await queue(city, area="370102"), knife) is None


async def test_pages_follow_each_other(incidents: Incidents) -> None:
    async with incidents.client(person()) as own, incidents.client(person(), OFFICER) as officer:
        for _ in range(3):
            await post(own, "/reports", report("有人拿着菜刀追人"), 201)
        expected = [item["id"] for item in await queue(officer)]
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while query:
            page = (await officer.get("/queue", params=query)).json()
            seen += [item["id"] for item in page["items"]]
            query = {"limit": 2, "cursor": page["next"]} if page["next"] else {}
        assert seen == expected
        for cursor in ("x", "MX5yZXBfMQ"):  # the second is one of a list by time
            answer = await officer.get("/queue", params={"cursor": cursor})
            assert fields(answer.json()) == ["query.cursor"]
