"""ID numbers in MongoDB: one account holds each, and no account's document confirms one."""

import asyncio
import secrets
from collections.abc import AsyncGenerator

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.errors import DuplicateKey
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.personal.stored_before import seal_all
from services.registration.account.domain import Account, PastStanding, new_account
from services.registration.account.store import Accounts, keys_of_people
from services.registration.erasure.domain import keeps_number
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
HASH = "a1b2c3d4" * 4


@pytest.fixture
async def store(backend: Backend) -> AsyncGenerator[Store]:
    opened = Store(backend.mongo_url, f"numbers_{secrets.token_hex(4)}", Clock())
    yield opened
    await opened.client.drop_database(opened.database.name)
    await opened.close()


@pytest.fixture
async def accounts(store: Store) -> Accounts:
    made = Accounts(store, keys_of_people(store, "11" * 32))
    await store.prepare()
    return made


async def _add(accounts: Accounts, *ids: str) -> None:
    for id in ids:
        await accounts.add(new_account(id, "phone", f"h {id}"), [], Cause(id))


async def _take(accounts: Accounts, id: str, number: str | None = HASH) -> Account:
    cause = Cause(secrets.token_hex(8))
    return await accounts.change(id, lambda a: (a.with_(id_number_key=number), []), cause)


async def _stored(store: Store) -> str:
    return str(await store.database["accounts"].find({}).to_list())


async def test_of_two_one_gets_it_and_the_document_does_not_say_so(
    accounts: Accounts, store: Store
):
    await _add(accounts, "acc_1", "acc_2", "acc_3")
    taken = await asyncio.gather(
        *(_take(accounts, id) for id in ("acc_1", "acc_2", "acc_3")), return_exceptions=True
    )
    assert sum(isinstance(one, DuplicateKey) for one in taken) == 2
    (holder,) = await accounts.with_id_numbers([HASH])
    assert (await accounts.require(holder.id)).id_number_key == HASH
    assert HASH not in await _stored(store)


async def test_what_is_given_up_is_free(accounts: Accounts):
    await _add(accounts, "acc_1", "acc_2")
    await _take(accounts, "acc_1")
    assert not await accounts.free("acc_1", HASH, Cause("f1")), "not while they have it"
    await _take(accounts, "acc_1", None)
    assert await accounts.free("acc_1", HASH, Cause("f2"))
    assert (await _take(accounts, "acc_2")).id_number_key == HASH


async def test_a_change_that_is_under_way_cannot_end_after_its_number_was_freed(
    accounts: Accounts,
):
    """It held the number, and waits before its write. Whoever needs the number goes first; the late
    change is decided anew, and finds it taken."""
    await _add(accounts, "acc_1", "acc_2")
    await accounts.numbers.hold("acc_1", HASH, 1, erased=False)
    assert await accounts.free("acc_1", HASH, Cause("f1"))
    assert (await accounts.require("acc_1")).version == 2, "the write for version 1 is refused"
    await accounts.numbers.hold("acc_1", HASH, 2, erased=False)
    assert not await accounts.numbers.free("acc_1", HASH, 2), "it began again in time"
    with pytest.raises(DuplicateKey):
        await _take(accounts, "acc_2")


async def test_a_number_goes_with_the_key_but_not_a_suspended_volunteer_s(accounts: Accounts):
    await _add(accounts, "acc_1", "acc_2")
    await _take(accounts, "acc_1")
    at = accounts.clock.now()
    gone = new_account("acc_x", "").with_(erased_at=at)
    assert keeps_number(gone.with_(standings=(PastStanding(at=at, standing="suspended"),)))
    assert not keeps_number(gone.with_(standings=(PastStanding(at=at, standing="approved"),)))
    await accounts.keys.destroy("acc_1", "number_keys")
    with pytest.raises(DuplicateKey):
        await _take(accounts, "acc_2")
    await accounts.keys.collection.delete_one({"_id": "acc_1"})
    await accounts.keys.destroy("acc_1")
    await _take(accounts, "acc_2")


async def test_numbers_that_were_stored_before_count_and_are_sealed(
    accounts: Accounts, store: Store
):
    before = Repository(store, "accounts", Account)
    old = new_account("acc_old", "phone").with_(id_number_key=HASH)
    other = "f" * 32
    at = accounts.clock.now()
    erased = new_account("acc_gone", "").with_(id_number_key=other, erased_at=at)
    await before.add_missing([(old, []), (erased, [])], Cause("before"))
    await accounts.keys.destroy("acc_gone")
    await _add(accounts, "acc_1")
    for number in (HASH, other):
        with pytest.raises(DuplicateKey):
            await _take(accounts, "acc_1", number)
    assert {p.left async for p in seal_all(accounts)} == {0}
    assert HASH not in await _stored(store)
    assert other not in await _stored(store)
    for number in (HASH, other):
        with pytest.raises(DuplicateKey):
            await _take(accounts, "acc_1", number)


async def test_several_people_give_up_their_only_number(accounts: Accounts):
    """An empty list in a unique index let one of them do so."""
    numbers = {f"acc_{n}": f"{n}" * 32 for n in range(1, 4)}
    await _add(accounts, *numbers, "acc_9")
    for id, number in numbers.items():
        await _take(accounts, id, number)
        await _take(accounts, id, None)
        assert await accounts.free(id, number, Cause(f"freed {id}"))
    for number in numbers.values():
        await _take(accounts, "acc_9", number)
    assert (await accounts.require("acc_9")).id_number_key == numbers["acc_3"]
