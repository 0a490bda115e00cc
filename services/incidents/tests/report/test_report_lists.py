"""Lists of reports: everybody sees only what is theirs, page by page."""

from typing import Any

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
