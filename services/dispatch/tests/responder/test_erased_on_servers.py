"""On real servers: an erased volunteer is off duty, without a position, and stays so."""

from collections.abc import AsyncGenerator

import pytest

from contracts.events.registration import PersonErased, VolunteerStandingChanged
from services.dispatch.position.store import GEO, Positions
from services.dispatch.tests.town import COMMUNITY, STATION, Town, town
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


@pytest.fixture
async def place(backend: Backend) -> AsyncGenerator[Town]:
    async with town(backend, rate=1) as opened:
        yield opened


async def test_an_erased_volunteer_has_no_position_and_does_not_come_back(place: Town):
    who = await place.volunteer("gone")
    positions = Positions(place.settings.redis_url)
    assert await positions.redis.zscore(GEO, who) is not None
    known = (await place.request("GET", "duty/me/data", who)).json()
    assert (known["birth_year"], known["position"]["longitude"]) == (1980, pytest.approx(116.942))
    responders = place.service.store.database["responders"]
    for _ in range(2):
        await place.publish(PersonErased(account=who), who)

    async def erased() -> bool:
        found = await responders.find_one({"_id": who})
        return bool(found and found["erased"])

    await eventually(erased)
    late = VolunteerStandingChanged(
        volunteer=who, station=STATION, area=COMMUNITY, standing="approved", birth_year=1980
    )
    await place.publish(late, who)
    other = await place.volunteer("stays")  # on the same topic, behind the late one or beside it
    await place.publish(PersonErased(account=other), other)
    found = await responders.find_one({"_id": who})
    assert found is not None
    assert (found["approved"], found["birth_year"], found["station"]) == (False, 0, "")
    assert await positions.redis.zscore(GEO, who) is None
    start = {"location": {"longitude": 116.942, "latitude": 36.6695}}
    assert (await place.post("duty/start", who, start)).status_code == 409
    assert (await place.request("GET", "duty/me/data", who)).status_code == 404
    await positions.close()
