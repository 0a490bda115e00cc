"""Who is on duty at a station, page by page: nobody is left out and nobody comes twice."""

import pytest

from chassis.domain import Cause
from services.dispatch.callout.store import Callouts
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders
from services.dispatch.tests.calls import called
from services.dispatch.tests.town import STREET, town
from tests.support.backend import Backend

STATION = "sta_on_duty"


@pytest.mark.servers
async def test_everybody_on_duty_is_on_one_page_and_a_leader_sees_the_own_squad(backend: Backend):
    async with town(backend, rate=1) as place:
        now = place.service.clock.now()
        await Stations(place.service.store).keep(STATION, 1, streets=[STREET])
        calls = called("acc_0", "acc_9"), called("acc_1", report="rep_2").with_(id="cal_2")
        for callout in calls:
            await Callouts(place.service.store).add(callout, [], Cause(callout.id))
        people = [
            Responder(
                id=f"acc_{n}",
                station=STATION,
                squad=f"squ_{n % 2}",
                on_duty=True,
                duty_since=now,
            )
            for n in range(7)
        ]
        off = Responder(id="acc_off", station=STATION, squad="squ_0")
        everybody = [(one, []) for one in [*people, off]]
        await Responders(place.service.store).add_missing(everybody, Cause("duty"))
        for limit in (1, 3, 7, 10):
            pages = await place.pages(f"duty?station={STATION}", limit)
            assert len(pages) == -(-len(people) // limit)  # `next` is null on the last one
            seen = [one["volunteer"] for page in pages for one in page["items"]]
            assert seen == [person.id for person in people]
            engaged = [one["engaged"] for page in pages for one in page["items"]]
            assert engaged == ["cal_1", "cal_2", *[None] * 5]
            assert {(page["on_duty"], page["engaged"]) for page in pages} == {(7, 2)}
        leader = {"role": "leader", "squad": "squ_1"}
        (page,) = await place.pages(f"duty?station={STATION}", 10, **leader)
        assert [one["volunteer"] for one in page["items"]] == ["acc_1", "acc_3", "acc_5"]
        assert (page["on_duty"], page["engaged"]) == (3, 1)
