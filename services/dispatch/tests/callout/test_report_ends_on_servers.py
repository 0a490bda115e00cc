"""A report that is taken back, or back at the station, calls nobody any more: on the real MongoDB,
Kafka and Valkey."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from contracts.events.incidents import ReportEvent, ReportReturned, ReportWithdrawn
from services.dispatch.tests.town import COMMUNITY, STATION, Town, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
ABOUT: dict[str, Any] = {"station": STATION, "area": COMMUNITY, "category": "assistance"}


@pytest.fixture
async def here(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: nothing lapses within the test."""
    async with town(backend, rate=1) as place:
        await place.squad_and_station(None)
        yield place


async def test_everybody_is_stood_down(here: Town):
    ends: list[tuple[str, type[ReportEvent], dict[str, Any], str]] = [
        ("withdrawn", ReportWithdrawn, {}, "withdrawn"),
        ("returned", ReportReturned, {"returned_by": "station"}, "routed_elsewhere"),
    ]
    for name, event, more, reason in ends:
        volunteer = await here.volunteer(name, 5, skills=("e-service",))
        report = await here.routed(name, skills=["e-service"])
        callout = (await here.published("WaveCalled", report))[0]["callout"]
        assert (await here.post(f"callouts/{callout}/accept", volunteer)).status_code == 200
        await here.publish(event(report=report, **ABOUT, **more), report)
        assert (await here.published("CalloutStoodDown", report))[0]["reason"] == reason
        (stood,) = await here.published("WaveStoodDown", report)
        assert volunteer in stood["accepted"]
        answer = await here.post(f"callouts/{callout}/arrive", volunteer)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:wrong_state")
