"""Far from the scene, then again: on the real MongoDB, Kafka and Valkey."""

from collections.abc import AsyncGenerator

import pytest

from services.dispatch.tests.town import Town, town
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


@pytest.fixture
async def here(backend: Backend) -> AsyncGenerator[Town]:
    """Time as it is: the second tap has its seconds."""
    async with town(backend, rate=1) as place:
        await place.squad_and_station(None)
        yield place


async def test_from_564_metres_the_first_tap_is_refused_and_the_second_taken(here: Town) -> None:
    volunteer = await here.volunteer("far", 5, skills=("care",))
    report = await here.routed("far", skills=["care"])
    callout = (await here.published("WaveCalled", report))[0]["callout"]
    assert (await here.post(f"callouts/{callout}/accept", volunteer)).status_code == 200
    await here.send_position(volunteer, 564)
    refused = await here.post(f"callouts/{callout}/arrive", volunteer)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:far_from_scene")
    assert "550" in refused.text

    async def again() -> bool:
        answer = await here.post(f"callouts/{callout}/arrive", volunteer)
        return answer.status_code == 200 and answer.json()["me"]["state"] == "on_scene"

    await eventually(again, what="a second tap taken", within=20)
    await here.post(f"callouts/{callout}/finish", volunteer, {"outcome": "solved"})
    (finished,) = await here.published("VolunteerFinished", report)
    assert finished["place_shown"] is False

    async def waits() -> bool:
        page = (await here.request("GET", "hours-checks?mine=true", volunteer)).json()
        return [check["state"] for check in page["items"]] == ["waiting"]

    await eventually(waits, what="the hours wait for an officer", within=20)
