"""Who is where: for officers of the area alone, and every look is shown to who was looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Cause, Refusal
from jinan.coordinates import Point
from services.dispatch.duty_map.domain import box
from services.dispatch.position.domain import Fix
from services.dispatch.position.store import Positions
from services.dispatch.replicas.store import Stations
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders
from services.dispatch.tests.town import LATITUDE, LONGITUDE, STREET, Town, town
from tests.support.backend import Backend

Side = st.floats(-90, 90)


@given(west=Side, south=Side, east=Side, north=Side)
def test_a_box_has_an_inside_or_is_refused(west: float, south: float, east: float, north: float):
    if west >= east or south >= north:
        with pytest.raises(Refusal, match="box_invalid"):
            box(west, south, east, north)
        return
    found = box(west, south, east, north)
    assert found is not None
    assert found.holds(Point(west, south))
    assert found.holds(Point(east, north))


@given(sides=st.lists(st.one_of(st.none(), Side), min_size=4, max_size=4))
def test_a_box_has_all_four_sides_or_is_none(sides: list[float | None]):
    if all(side is None for side in sides):
        assert box(*sides) is None
    elif None in sides:
        with pytest.raises(Refusal, match="box_invalid"):
            box(*sides)


async def _on_duty(place: Town) -> None:
    """Five at the station's street, one of another district; the last of the five has no place."""
    store, now = place.service.store, place.service.clock.now()
    await Stations(store).keep("sta_here", 1, streets=[STREET])
    await Stations(store).keep("sta_there", 1, streets=["370102001"])
    people = [
        Responder(id=f"acc_{n}", station="sta_here", squad="squ_1", on_duty=True, duty_since=now)
        for n in range(5)
    ]
    other = Responder(id="acc_far", station="sta_there", on_duty=True, duty_since=now)
    off = Responder(id="acc_off", station="sta_here")
    everybody = [(one, []) for one in [*people, other, off]]
    await Responders(store).add_missing(everybody, Cause("duty"))
    positions = Positions(place.settings.redis_url)
    for n, one in enumerate([*people[:4], other, off]):
        await positions.admit(one.id)
        await positions.put(Fix(one.id, Point(LONGITUDE + n / 100, LATITUDE), now))
    await positions.close()


@pytest.mark.servers
async def test_each_look_is_shown_to_who_was_looked_at(backend: Backend):
    async with town(backend, rate=1) as place:
        await _on_duty(place)
        for limit in (1, 2, 10):
            pages = await place.pages(f"duty/positions?area={STREET}", limit)
            seen = [one["volunteer"] for page in pages for one in page["items"]]
            assert seen == ["acc_0", "acc_1", "acc_2", "acc_3"]
        inside = f"west={LONGITUDE + 0.005}&south=36&east={LONGITUDE + 0.015}&north=37"
        (page,) = await place.pages(f"duty/positions?area={STREET}&{inside}", 10)
        assert [one["volunteer"] for one in page["items"]] == ["acc_1"]
        assert page["items"][0]["longitude"] == pytest.approx(LONGITUDE + 0.01, abs=1e-4)
        for who, looks in (("acc_1", 4), ("acc_2", 3), ("acc_4", 0), ("acc_far", 0)):
            answer = await place.request("GET", "duty/me/position-access", who)
            items = answer.json()["items"]
            assert sum(item["looks"] for item in items) == looks
            assert {item["by"] for item in items} <= {"officer"}


@pytest.mark.servers
async def test_nobody_but_an_officer_of_all_of_the_area_sees_where_people_are(backend: Backend):
    async with town(backend, rate=1) as place:
        await _on_duty(place)
        path = f"duty/positions?area={STREET}"
        for token in (
            {"role": "volunteer"},
            {"role": "leader", "squad": "squ_1"},
            {"role": "city_desk", "area": "3701"},
            {"role": "officer", "area": "370104010"},
            {"role": "officer", "area": "370104009008"},
        ):
            assert (await place.request("GET", path, "acc_x", **token)).status_code == 403
        wide = await place.request("GET", "duty/positions?area=370104", "acc_x", role="officer")
        assert wide.status_code == 403
        half = await place.request("GET", f"{path}&west=117", "acc_x", role="officer")
        assert half.status_code == 422
        seen = await place.request("GET", "duty/me/position-access", "acc_1")
        assert seen.json()["items"] == []


@pytest.mark.servers
async def test_people_on_duty_are_counted_by_district(backend: Backend):
    async with town(backend, rate=1) as place:
        await _on_duty(place)
        desk = {"role": "city_desk", "area": "3701"}
        page = (await place.request("GET", "duty/counts", "acc_d", **desk)).json()
        counts = {one["district"]: one["on_duty"] for one in page["items"]}
        assert (counts, page["on_duty"]) == ({"370102": 1, "370104": 5}, 6)
        page = (await place.request("GET", "duty/counts?area=370102", "acc_d", **desk)).json()
        assert (page["on_duty"], page["items"][0]["district_name"]) == (1, "历下区")
        assert (
            await place.request("GET", "duty/counts", "acc_r", role="resident")
        ).status_code == 403
        assert (
            await place.request("GET", "duty/counts", "acc_o", role="officer")
        ).status_code == 403
