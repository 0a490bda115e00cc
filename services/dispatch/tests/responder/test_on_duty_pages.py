"""Who is on duty at a station, page by page: nobody is left out and nobody comes twice."""

from datetime import timedelta

import pytest

from chassis.domain import Cause
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.domain import Engagement, Responder
from services.dispatch.responder.store import Responders
from services.dispatch.tests.town import STREET, town
from tests.support.backend import Backend

STATION = "sta_on_duty"


@pytest.mark.servers
async def test_everybody_on_duty_is_on_one_page_and_a_leader_sees_the_own_squad(backend: Backend):
    async with town(backend, rate=1) as place:
        now = place.service.clock.now()
        await Stations(place.service.store).keep(STATION, 1, streets=[STREET])
        called = Engagement(callout="cal_1", until=now + timedelta(hours=1))
        lapsed = Engagement(callout="cal_1", until=now - timedelta(hours=1))
        engaged = [called, Engagement(callout="cal_2"), lapsed, None, None, None, None]
        people = [
            Responder(
                id=f"acc_{n}",
                station=STATION,
                squad=f"squ_{n % 2}",
                on_duty=True,
                duty_since=now,
                engaged=each,
            )
            for n, each in enumerate(engaged)
        ]
        off = Responder(id="acc_off", station=STATION, squad="squ_0")
        everybody = [(one, []) for one in [*people, off]]
        await Responders(place.service.store).add_missing(everybody, Cause("duty"))
        for limit in (1, 3, 7, 10):
            pages = await place.pages(f"duty?station={STATION}", limit)
            assert len(pages) == -(-len(people) // limit)  # `next` is null on the last one
            seen = [one["volunteer"] for page in pages for one in page["items"]]
            assert seen == [person.id for person in people]
            assert {(page["on_duty"], page["engaged"]) for page in pages} == {(7, 2)}
        leader = {"role": "leader", "squad": "squ_1"}
        (page,) = await place.pages(f"duty?station={STATION}", 10, **leader)
        assert [one["volunteer"] for one in page["items"]] == ["acc_1", "acc_3", "acc_5"]
        assert (page["on_duty"], page["engaged"]) == (3, 1)
