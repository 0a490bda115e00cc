"""Requests to file a report that are refused, by the field that is wrong."""

from typing import Any

import pytest

from services.incidents.tests.running import Incidents, fields, person, report

pytestmark = pytest.mark.servers


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
        assert (await own.get("/reports?mine=true")).json()["items"] == []


async def test_nan_is_no_location(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        raw = b'{"text": "x", "location": {"longitude": NaN, "latitude": Infinity}}'
        answer = await own.post(
            "/reports", content=raw, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422
