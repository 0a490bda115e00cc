"""What belongs to others is not found, or forbidden."""

import httpx
import pytest

from tests.journeys.station import Station
from tests.security.problems import assert_problem
from tests.support.client import API
from tests.support.phone import Phone


@pytest.fixture
async def report(station: Station) -> str:
    """Somebody else's."""
    return (await station.file_report(await station.somebody("resident")))["id"]


async def test_another_persons_report_is_not_found(
    web: httpx.AsyncClient, somebody: Phone, report: str
):
    headers = await somebody.person.headers()
    assert_problem(await web.get(f"{API}/reports/{report}", headers=headers), 404)
    assert_problem(await web.get(f"{API}/reports/{report}/photo", headers=headers), 404)
    for verb, body in (("confirm", {}), ("reopen", {"reason": "?"}), ("withdraw", {"reason": "?"})):
        assert_problem(
            await web.post(f"{API}/reports/{report}/{verb}", json=body, headers=headers), (403, 404)
        )


async def test_a_resident_cannot_manage_anything(
    web: httpx.AsyncClient, somebody: Phone, report: str
):
    headers = await somebody.person.headers()
    bodies = {
        "route": {"route": "police", "reason": "?"},
        "acknowledge": {},
        "resolve": {"outcome": "solved", "note": "?"},
        "close": {"outcome": "solved", "note": "?"},
    }
    for verb, body in bodies.items():
        assert_problem(
            await web.post(f"{API}/reports/{report}/{verb}", json=body, headers=headers), (403, 404)
        )
    for path, params in (
        ("reports", {"station": "sta_duandian"}),
        ("volunteers", {"station": "sta_duandian"}),
        ("duty", {"station": "sta_duandian"}),
        ("deliveries", {"report": report}),
    ):
        assert_problem(await web.get(f"{API}/{path}", params=params, headers=headers), (403, 404))
    assert_problem(
        await web.post(
            f"{API}/duty/start",
            json={"location": {"longitude": 116.94, "latitude": 36.67}},
            headers=headers,
        ),
        403,
    )
    grant = {"account": somebody.id, "role": "officer", "area": "3701"}
    assert_problem(await web.post(f"{API}/grants", json=grant, headers=headers), 403)


async def test_a_volunteer_who_was_not_called_cannot_answer_a_call(
    station: Station, web: httpx.AsyncClient, volunteer: Phone
):
    called = await station.on_duty()
    resident = await station.somebody("resident")
    report = await station.file_report(resident, "assistance")
    callout = (await called.receives("alert", report["id"]))["callout"]
    headers = await volunteer.person.headers()
    for verb in ("accept", "decline", "arrive"):
        assert_problem(
            await web.post(f"{API}/callouts/{callout}/{verb}", json={}, headers=headers), (403, 404)
        )
    assert_problem(
        await web.get(f"{API}/callouts/{callout}/candidates", headers=headers), (403, 404)
    )
    assert_problem(await web.get(f"{API}/reports/{report['id']}", headers=headers), 404)


async def test_another_persons_messages_are_not_found(
    station: Station, web: httpx.AsyncClient, somebody: Phone
):
    other = await station.somebody("resident")
    report = await station.file_report(other, "traffic")
    officer = await station.somebody("officer")
    await officer.receives("escalation", report["id"])
    message = officer.all_received("escalation", report["id"])[0]["id"]
    headers = await somebody.person.headers()
    for verb in ("read", "acknowledge"):
        assert_problem(
            await web.post(f"{API}/inbox/{message}/{verb}", json={}, headers=headers), 404
        )
