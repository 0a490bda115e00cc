"""Lists of reports: everybody sees only what is theirs, page by page."""

from datetime import timedelta
from typing import Any

import pytest

from jinan.local_time import local_date
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
        seen = {entry["id"] for entry in (await staff.get("/reports?limit=100")).json()["items"]}
        assert lamp["id"] in seen
        assert {police["id"], searched["id"]}.isdisjoint(seen)
        for hidden in (police, searched):
            assert (await staff.get(f"/reports/{hidden['id']}")).status_code == 404
        await post(staff, f"/reports/{lamp['id']}/route", {"route": "police", "reason": "x"}, 403)
    async with incidents.client(person(), OFFICER) as officer:
        for query in ("", "?station=sta_duandian", "?area=370104", f"?area={COMMUNITY}"):
            seen = {
                entry["id"] for entry in (await officer.get("/reports" + query)).json()["items"]
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
            seen += [entry["id"] for entry in page["items"]]
            query = {**query, "cursor": page["next"]} if page["next"] else {}
        assert seen == filed[::-1]
        assert fields((await own.get("/reports?mine=true&cursor=%2e%2e")).json()) == [
            "query.cursor"
        ]


async def test_a_list_of_several_states_of_some_days(incidents: Incidents) -> None:
    today = local_date(incidents.service.clock.now())
    async with incidents.client(person()) as own:
        lamp = await post(own, "/reports", report("路灯坏了"), 201)
        knife = await post(own, "/reports", report("有人拿着菜刀追人"), 201)
        music = await post(own, "/reports", report(), 201)
        every = {lamp["id"], knife["id"], music["id"]}

        async def listed(query: str) -> set[str]:
            answer = await own.get(f"/reports?mine=true{query}")
            assert answer.status_code == 200, answer.text
            return {item["id"] for item in answer.json()["items"]}

        assert await listed("&state=assigned&state=handed_off") == {lamp["id"], knife["id"]}
        assert await listed("&escalated=true") == set()
        assert await listed("&escalated=false") == every
        assert await listed(f"&from={today}&to={today}") == every
        assert await listed(f"&to={today - timedelta(days=1)}") == set()


async def test_a_report_is_found_by_its_number_or_its_words(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        filed = await post(own, "/reports", report("3号楼(东侧)Lamp坏了"), 201)
    number = filed["number"]
    async with incidents.client(person(), OFFICER) as officer:
        for typed in (number, number.lower().replace("-", " "), "(东侧)lamp", "号楼(东"):
            found = (await officer.get("/reports", params={"q": typed})).json()["items"]
            assert filed["id"] in [item["id"] for item in found], typed
        for typed in (".*", "东侧|路灯", "没有这样的话"):
            found = (await officer.get("/reports", params={"q": typed})).json()["items"]
            assert filed["id"] not in [item["id"] for item in found], typed
        old = {"q": number, "to": "2020-01-01"}
        assert (await officer.get("/reports", params=old)).json()["items"][0]["id"] == filed["id"]
    async with incidents.client(person(), ("officer", "370102")) as elsewhere:
        for typed in (number, "东侧"):
            assert (await elsewhere.get("/reports", params={"q": typed})).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=x", "query.q"),
        ("q=%00%00", "query.q"),
        ("q=JN-0000-0000-1", "query.q"),
        ("q=abc&from=2026-01-01&to=2026-03-01", "query.from"),
        ("from=2026-03-02&to=2026-03-01", "query.to"),
        ("from=yesterday", "query.from"),
        ("state=filed&state=lost", "query.state"),
        ("words=abc", "query.words"),
    ],
)
async def test_what_cannot_be_searched_is_said(
    incidents: Incidents, query: str, field: str
) -> None:
    async with incidents.client(person(), OFFICER) as officer:
        answer = await officer.get(f"/reports?{query}")
        assert answer.status_code == 422, answer.text
        assert fields(answer.json())[0].startswith(field)
