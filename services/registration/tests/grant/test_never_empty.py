"""On a real store: somebody is always left on the city's watch, and at the city desk."""

import asyncio
import secrets
from collections.abc import AsyncGenerator

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
from chassis.mongo.store import Store
from contracts.access import Grant
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant
from services.registration.account.store import Accounts, keys_of_people
from services.registration.grant.handlers import GrantHandlers, GrantLogHandlers
from services.registration.grant.store import GrantLog, StoredDepartures
from services.registration.grant_proposal.handlers import GrantProposalHandlers
from services.registration.grant_proposal.store import GrantProposals
from services.registration.squad.store import Squads
from services.registration.station.store import Stations
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
CITY = "3701"
DESK: Role = "city_desk"


class City:
    """People at the city desk `d0`, `d1`, ... and officers of the city `o0`, `o1`, ..."""

    def __init__(self, store: Store) -> None:
        keys = keys_of_people(store, "11" * 32)
        self.accounts = Accounts(store, keys)
        self._replicas = [made_grants(store) for _ in range(2)]
        grants, log = self._replicas[0]
        self._proposals = GrantProposalHandlers(GrantProposals(store), grants, log, Clock(""))

    async def add(self, id: str, role: Role) -> None:
        grant = HeldGrant(role=role, area=CITY, source="hand", given_by="system")
        await self.accounts.add(Account(id=id, phone="-", grants=(grant,)), (), Cause(id))

    async def revoke(self, by: str, account: str, role: Role, replica: int = 0) -> None:
        handlers, _ = self._replicas[replica]
        await handlers.revoke(token(by), account, role, CITY, None, fresh())

    async def give(self, by: str, account: str, grant: Grant) -> None:
        await self._replicas[0][0].give(token(by), account, grant, None, fresh())

    async def give_by_two(self, by: str, second: str, account: str, grant: Grant) -> None:
        made = await self._proposals.propose(token(by), account, grant, "值班", fresh())
        await self._proposals.confirm(token(second), made.id, fresh())

    async def holders(self, role: Role) -> set[str]:
        found = await self.accounts.find({"grants.role": role})
        return {account.id for account in found}


def made_grants(store: Store) -> tuple[GrantHandlers, GrantLogHandlers]:
    accounts = Accounts(store, keys_of_people(store, "11" * 32))
    log = GrantLogHandlers(GrantLog(store), accounts)
    departures, squads, stations = StoredDepartures(store), Squads(store), Stations(store)
    return GrantHandlers(accounts, departures, squads, stations, log, Clock("")), log


def token(account: str) -> Principal:
    """Says that they are at the city desk, whether they still are or not."""
    return Principal(
        subject=account, session="ses_1", grants=(Grant(role="city_desk", area=CITY),), until=2**40
    )


def fresh() -> Cause:
    return Cause(secrets.token_hex(8))


@pytest.fixture
async def city(backend: Backend) -> AsyncGenerator[City]:
    store = Store(backend.mongo_url, f"grants_{secrets.token_hex(4)}", Clock(""))
    await store.prepare()
    made = City(store)
    await made.add("d0", DESK)
    await made.add("o0", "officer")
    yield made
    await store.client.drop_database(store.database.name)
    await store.close()


async def test_the_last_officer_of_the_city_and_the_last_city_desk_stay(city: City) -> None:
    last: tuple[tuple[str, Role, str], ...] = (
        ("o0", "officer", "last_city_officer"),
        ("d0", DESK, "last_city_desk"),
    )
    for account, role, code in last:
        for _ in range(2):
            with pytest.raises(Refusal, match=code):
                await city.revoke("d0", account, role)
    await city.add("o1", "officer")
    await city.revoke("d0", "o0", "officer")
    assert await city.holders("officer") == {"o1"}
    with pytest.raises(Refusal, match="last_city_officer"):
        await city.revoke("d0", "o1", "officer")


async def test_nor_does_the_last_one_get_an_end(city: City) -> None:
    later = Clock("").now().replace(year=2100)
    ends = Grant(role="officer", area=CITY, until=later)
    with pytest.raises(Refusal, match="last_city_officer"):
        await city.give("d0", "o0", ends)
    await city.add("d1", DESK)
    await city.give_by_two("d0", "o0", "d1", ends)
    with pytest.raises(Refusal, match="last_city_officer"):
        await city.give_by_two("d0", "d1", "o0", ends)
    with pytest.raises(Refusal, match="last_city_officer"):
        await city.revoke("d0", "o0", "officer")


async def test_without_a_lasting_holder_one_with_an_end_comes_and_goes(city: City) -> None:
    """As in a city that was set up before this rule."""
    await city.accounts.collection.delete_one({"_id": "o0"})
    await city.add("d1", DESK)
    later = Clock("").now().replace(year=2100)
    await city.add("d2", DESK)
    grant = Grant(role="officer", area=CITY, until=later)
    await city.give_by_two("d0", "d2", "d1", grant)
    assert await city.holders("officer") == {"d1"}
    await city.revoke("d0", "d1", "officer")
    assert await city.holders("officer") == set()


async def test_who_lost_the_city_desk_does_not_give_it_back_to_themselves(city: City) -> None:
    await city.add("d1", DESK)
    await city.revoke("d0", "d1", DESK)
    with pytest.raises(Refusal, match="not_allowed"):
        await city.give("d1", "d1", Grant(role="city_desk", area=CITY))
    with pytest.raises(Refusal, match="not_allowed"):
        await city.revoke("d1", "d0", DESK)
    assert await city.holders(DESK) == {"d0"}


async def test_two_who_take_it_from_each_other_at_once_do_not_both_lose_it(city: City) -> None:
    await city.add("d1", DESK)
    for _ in range(10):
        answers = await asyncio.gather(
            city.revoke("d0", "d1", DESK, 0),
            city.revoke("d1", "d0", DESK, 1),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert refused
        assert all(isinstance(answer, Refusal) for answer in refused), refused
        left = await city.holders(DESK)
        assert left
        for gone in {"d0", "d1"} - left:
            grant = Grant(role="city_desk", area=CITY)
            await city.give_by_two(left.copy().pop(), "o0", gone, grant)
