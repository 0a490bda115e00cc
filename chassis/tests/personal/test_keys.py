"""Keys of people in MongoDB: made once, destroyed for ever; and aggregates sealed under them."""

import asyncio

import pytest
from pymongo import ASCENDING, IndexModel

from chassis.domain import Cause
from chassis.errors import DuplicateKey
from chassis.mongo.store import Store
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.sealing import PersonalField, nothing
from chassis.tests.counter import Counter, Counters, increment

pytestmark = pytest.mark.servers
SECRET = "11" * 32


@pytest.fixture
async def keys(store: Store) -> PersonKeys:
    made = PersonKeys(store, SECRET, IndexModel([("phone", ASCENDING)], unique=True, sparse=True))
    await store.prepare()
    return made


@pytest.fixture
def people(store: Store, keys: PersonKeys) -> SealedRepository[Counter]:
    return SealedRepository(
        store, "counters", Counter, keys=keys, personal=[PersonalField("name", nothing)]
    )


async def test_a_key_is_made_once_however_many_ask(keys: PersonKeys):
    made = await asyncio.gather(*(keys.new("acc_1") for _ in range(20)))
    assert len({*made}) == 1
    assert await keys.get("acc_1") == made[0]
    assert await keys.of(["acc_1", "acc_2"]) == {"acc_1": made[0]}


async def test_a_destroyed_key_never_comes_back(keys: PersonKeys):
    await keys.new("acc_1", {"phone": "h1"})
    for _ in range(2):
        await keys.destroy("acc_1")
    assert await keys.get("acc_1") is None
    assert await keys.new("acc_1") is None
    assert await keys.is_destroyed("acc_1")
    assert (await keys.find(phone="h1"), await keys.find_all("phone", ["h1"])) == (None, {})
    stored = await keys.collection.find_one({"_id": "acc_1"})
    assert set(stored or {}) == {"_id", "destroyed_at"}
    assert await keys.new("acc_2", {"phone": "h1"}) is not None, "the value it was found by is free"


async def test_a_value_it_is_found_by_belongs_to_one(keys: PersonKeys):
    await keys.new("acc_1", {"phone": "h1"})
    with pytest.raises(DuplicateKey):
        await keys.new("acc_2", {"phone": "h1"})
    assert await keys.find(phone="h1") == "acc_1"


async def test_fields_are_sealed_and_a_copy_is_unreadable_without_the_key(
    people: SealedRepository[Counter],
):
    await people.add(Counter(id="cnt_1", name="王小明"), [], Cause("c1"))
    await people.change("cnt_1", increment, Cause("c2"))
    copy = await people.collection.find_one({"_id": "cnt_1"})
    assert copy is not None
    assert (copy["name"], copy["total"]) == (None, 1)
    assert "王小明".encode() not in copy["sealed"]
    assert await people.get("cnt_1") == Counter(id="cnt_1", version=2, total=1, name="王小明")

    await people.keys.destroy("cnt_1")
    await people.collection.replace_one({"_id": "cnt_1"}, copy)  # a back-up is restored
    assert await people.get("cnt_1") == Counter(id="cnt_1", version=2, total=1, name=None)
    await people.change("cnt_1", lambda c: (c.with_(name="李"), []), Cause("c3"))
    assert (await people.require("cnt_1")).name is None, "nothing personal is stored unsealed"


async def test_what_was_stored_before_is_read_and_sealed_by_its_next_change(
    people: SealedRepository[Counter], counters: Counters
):
    await counters.add(Counter(id="cnt_1", name="王小明"), [], Cause("c1"))
    assert (await people.require("cnt_1")).name == "王小明"
    await people.change("cnt_1", increment, Cause("c2"))
    stored = await people.collection.find_one({"_id": "cnt_1"})
    assert stored is not None
    assert stored["name"] is None
    assert [one.name for one in await people.find({})] == ["王小明"]


async def test_many_at_once_are_sealed_too(people: SealedRepository[Counter]):
    new = [(Counter(id=f"cnt_{n}", name=f"人{n}"), ()) for n in range(5)]
    assert await people.add_missing(new, Cause("c1")) == 5
    assert await people.collection.count_documents({"name": None}) == 5
    assert {one.name for one in await people.find({})} == {f"人{n}" for n in range(5)}
