"""The log book on a real MongoDB: written by volunteers, read by their station."""

import secrets

import pytest

from services.incidents.tests.running import (
    COMMUNITY,
    OFFICER,
    Incidents,
    fields,
    person,
    post,
    report,
)

pytestmark = pytest.mark.servers


async def test_the_station_reads_the_log_book(incidents: Incidents) -> None:
    entry = {"kind": "patrol", "text": "夜间巡逻三圈", "community": COMMUNITY, "minutes": 90}
    key = secrets.token_hex(8)
    async with incidents.client(person(), ("volunteer", COMMUNITY)) as volunteer:
        without = await post(volunteer, "/log-entries", entry, 422)
        assert fields(without) == ["header.Idempotency-Key"]
        written = await post(volunteer, "/log-entries", entry, 201, key)
        elsewhere = {**entry, "community": "370104009999"}
        refused = await post(volunteer, "/log-entries", elsewhere, 422, secrets.token_hex(8))
        assert fields(refused) == ["body.community"]
        assert [e["id"] for e in (await volunteer.get("/log-entries")).json()["items"]] == [
            written["id"]
        ]
        assert (await volunteer.get("/log-entries?area=370104009")).status_code == 403
        finished = await post(volunteer, "/reports", report("帮老人搬了东西", finished=True), 201)
        assert (finished["state"], finished["end"]) == ("closed", "logged")
    async with incidents.client(person(), OFFICER) as officer:
        assert written["id"] in [
            e["id"] for e in (await officer.get("/log-entries")).json()["items"]
        ]
    async with incidents.client(person()) as resident:
        await post(resident, "/log-entries", entry, 403, key)
