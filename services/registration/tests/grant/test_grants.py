"""What an officer gives by hand stays within the own station: its area, and its squads."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
from contracts.access import Grant
from services.registration.account.store import Accounts
from services.registration.grant.handlers import GrantHandlers
from services.registration.squad.domain import Squad
from services.registration.squad.store import Squads
from services.registration.station.domain import Station
from services.registration.station.store import Stations

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
HERE, THERE = "370104009", "370102001"
OFFICER = Principal(subject="acc_o", session="ses", grants=(Grant(role="officer", area=HERE),))


class Kept:
    """What a store holds, by id; what is changed in it is counted."""

    def __init__(self, *things: Any) -> None:
        self.things, self.changed = {thing.id: thing for thing in things}, 0

    async def get(self, id: str) -> Any:
        return self.things.get(id)

    async def change(self, *_: Any) -> None:
        self.changed += 1


def handlers(accounts: Kept) -> GrantHandlers:
    squads = Kept(
        *(
            Squad(id=f"squ_{s}", station=f"sta_{s}", name=s, formed_at=NOW)
            for s in ("here", "there")
        )
    )
    stations = Kept(
        Station(id="sta_here", name="here", streets=(HERE,), longitude=116.9, latitude=36.7),
        Station(id="sta_there", name="there", streets=(THERE,), longitude=117.0, latitude=36.7),
    )
    return GrantHandlers(
        cast(Accounts, accounts), cast(Squads, squads), cast(Stations, stations), Clock("")
    )


@pytest.mark.parametrize("role", ["leader", "volunteer"])
async def test_a_squad_of_another_station_is_not_given(role: Any) -> None:
    def grant(squad: str) -> Grant:
        return Grant(role=role, area=HERE, squad=squad)

    accounts = Kept()
    with pytest.raises(Refusal) as refused:
        await handlers(accounts).give(OFFICER, "acc_1", grant("squ_there"), Cause("c"))
    assert list(refused.value.fields) == ["body.squad"]
    assert accounts.changed == 0
    await handlers(accounts).give(OFFICER, "acc_1", grant("squ_here"), Cause("c"))
    assert accounts.changed == 1
