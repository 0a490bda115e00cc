"""Which areas a station has to do with."""

from typing import cast

import pytest

from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
from contracts.access import Grant
from services.registration.account.store import Accounts
from services.registration.station.domain import Station
from services.registration.station.handlers import StationHandlers
from services.registration.station.store import Stations

HERE, THERE = "370104009", "370102001"


def station(*streets: str) -> Station:
    return Station(id="sta_1", name="here", streets=streets, longitude=116.9, latitude=36.7)


def test_a_station_overlaps_the_areas_that_it_serves_and_those_around_them() -> None:
    both = station(THERE, HERE)
    assert all(both.overlaps(area) for area in ("3701", "370104", HERE, "370104009008"))
    elsewhere = (THERE, "370102", "370104010", "370104010001")
    assert not any(station(HERE).overlaps(area) for area in elsewhere)


class Nobody:
    """A store without officers; nothing else of it is asked."""

    async def hold_without_end(self, *_: object, **__: object) -> bool:
        return False


async def test_no_station_opens_while_nobody_is_on_the_watch_of_the_city() -> None:
    desk = Principal(
        subject="acc_d", session="ses_1", grants=(Grant(role="city_desk", area="3701"),)
    )
    handlers = StationHandlers(cast(Stations, None), cast(Accounts, Nobody()))
    with pytest.raises(Refusal, match="no_city_officer"):
        await handlers.register(desk, "外所", ("370102001",), 117.0, 36.6, Cause("c"))
