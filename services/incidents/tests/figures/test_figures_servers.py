"""Figures on a real MongoDB."""

import pytest

from services.incidents.tests.running import Incidents, fields, person, post, report

pytestmark = pytest.mark.servers


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
