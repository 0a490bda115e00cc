"""What an officer gives by hand stays within the own station: its area, and its squads."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
from contracts.access import Grant
from services.registration.account.domain import Account, HeldGrant
from services.registration.account.store import Accounts
from services.registration.grant.domain import Leaving, departures_of, leave, left
from services.registration.grant.handlers import GrantHandlers, GrantLogHandlers
from services.registration.grant.store import StoredDepartures
from services.registration.squad.domain import Squad
from services.registration.squad.store import Squads
from services.registration.station.domain import Station
from services.registration.station.store import Stations

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
HERE, THERE = "370104009", "370102001"
OFFICER = Principal(subject="acc_o", session="ses", grants=(Grant(role="officer", area=HERE),))


def officer(until: datetime | None = None) -> Account:
    """As the store has them."""
    grant = HeldGrant(role="officer", area=HERE, source="hand", given_by="acc_0", until=until)
    return Account(id=OFFICER.subject, phone="-", grants=(grant,))


class Kept:
    """What a store holds, by id; what is changed in it is counted."""

    def __init__(self, *things: Any) -> None:
        self.things, self.changed = {thing.id: thing for thing in things}, 0

    async def get(self, id: str) -> Any:
        return self.things.get(id)

    async def change(self, *_: Any) -> None:
        self.changed += 1


class NoLog:
    async def keep_reason(self, *_: Any) -> None: ...


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
        cast(Accounts, accounts),
        cast(StoredDepartures, Kept()),
        cast(Squads, squads),
        cast(Stations, stations),
        cast(GrantLogHandlers, NoLog()),
        Clock(""),
    )


@pytest.mark.parametrize("role", ["leader", "volunteer"])
async def test_a_squad_of_another_station_is_not_given(role: Any) -> None:
    def grant(squad: str) -> Grant:
        return Grant(role=role, area=HERE, squad=squad)

    accounts = Kept(officer())
    with pytest.raises(Refusal) as refused:
        await handlers(accounts).give(OFFICER, "acc_1", grant("squ_there"), None, Cause("c"))
    assert list(refused.value.fields) == ["body.squad"]
    assert accounts.changed == 0
    await handlers(accounts).give(OFFICER, "acc_1", grant("squ_here"), None, Cause("c"))
    assert accounts.changed == 1


@pytest.mark.parametrize("stored", [(), (officer(until=NOW),), (Account(id="acc_o", phone="-"),)])
async def test_who_holds_a_role_no_more_gives_and_takes_none_whatever_the_token_says(
    stored: tuple[Account, ...],
) -> None:
    accounts = Kept(*stored)
    grant = Grant(role="committee", area=HERE)
    with pytest.raises(Refusal, match="outside_area"):
        await handlers(accounts).give(OFFICER, "acc_1", grant, None, Cause("c"))
    with pytest.raises(Refusal, match="outside_area"):
        await handlers(accounts).revoke(OFFICER, "acc_1", "committee", HERE, None, Cause("d"))
    assert accounts.changed == 0


def test_a_process_that_died_on_the_way_blocks_nobody_for_long() -> None:
    first = Leaving(request="1", account="acc_1", at=NOW)
    before, _ = leave(departures_of("officer", "3701"), first, NOW - timedelta(minutes=1))
    soon, later = NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)
    for now, counted in ((soon, ["acc_1", "acc_2"]), (later, ["acc_2"])):
        second = Leaving(request="2", account="acc_2", at=now)
        after, _ = leave(before, second, now - timedelta(minutes=1))
        assert [one.account for one in after.leaving] == counted
    gone, _ = left(before, "1")
    assert gone.leaving == ()
