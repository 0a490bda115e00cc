"""What was stored before it was sealed: sealed in place, beside the services, killed or not."""

import asyncio
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Cause
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.personal import sealing
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.sealing import PersonalField, empty, nothing
from chassis.personal.stored_before import Progress, seal_all
from chassis.tests.children import children
from chassis.tests.counter import Counter, Counters, increment_silently
from tests.support.backend import Backend
from tests.support.waiting import eventually

SECRET = "11" * 32
servers = pytest.mark.servers


@pytest.fixture
async def people(store: Store) -> SealedRepository[Counter]:
    made = SealedRepository(
        store,
        "counters",
        Counter,
        keys=PersonKeys(store, SECRET),
        personal=[PersonalField("name", nothing)],
    )
    await store.prepare()
    return made


async def _stored_before(store: Store, count: int) -> Counters:
    before = Repository(store, "counters", Counter)
    new = [(Counter(id=f"cnt_{n:05d}", name=f"人{n}"), ()) for n in range(count)]
    await before.add_missing(new, Cause("c1"))
    return before


async def _run(people: SealedRepository[Counter], *, check: bool = False) -> Progress:
    return [progress async for progress in seal_all(people, check=check)][-1]


@servers
async def test_everything_is_sealed_once_and_reads_as_before(
    store: Store, people: SealedRepository[Counter]
):
    await _stored_before(store, 450)
    await people.add(Counter(id="cnt_x", name="新人"), [], Cause("c2"))
    assert (await _run(people, check=True)).left == 450
    assert await people.collection.count_documents({"name": None}) == 1, "a check changes nothing"

    assert (await _run(people))[:3] == (451, 450, 0)
    assert await people.collection.count_documents({"name": {"$ne": None}}) == 0
    assert {one.name for one in await people.find({}, limit=500)} >= {"人0", "人449", "新人"}
    versions = await people.collection.distinct("version")
    assert (await _run(people))[:3] == (451, 0, 0), "twice is once"
    assert await people.collection.distinct("version") == versions


@servers
async def test_a_service_that_changes_the_same_documents_loses_nothing(
    store: Store, people: SealedRepository[Counter]
):
    await _stored_before(store, 60)
    ids = [f"cnt_{n:05d}" for n in range(60)]

    async def serve(by: Repository[Counter], round: int) -> None:
        for id in ids:
            await by.change(id, increment_silently, Cause(f"{round}:{id}"))

    # Not through `people`, whose lock would keep it out: as another process does.
    other = SealedRepository(
        store, "counters", Counter, keys=people.keys, personal=[PersonalField("name", nothing)]
    )
    await asyncio.gather(_run(people), serve(other, 1), _run(people))
    assert (await _run(people, check=True)).left == 0
    found = await people.find({}, limit=100)
    assert {one.total for one in found} == {1}
    assert {one.name for one in found} == {f"人{n}" for n in range(60)}


@servers
async def test_killed_in_the_middle_the_next_run_seals_the_rest(
    store: Store, people: SealedRepository[Counter], backend: Backend, tmp_path: Path
):
    await _stored_before(store, 3000)
    variables = {
        "MONGO_URL": backend.mongo_url,
        "DATABASE": store.database.name,
        "SECRET": SECRET,
    }
    readable = {"name": {"$ne": None}}
    with children("chassis.tests.personal.sealing_child", tmp_path, variables, "one") as (child,):

        async def begun() -> bool:
            return await people.collection.count_documents(readable) < 3000

        await eventually(begun, within=60)
        child.send(signal.SIGKILL)
        await child.wait_for_exit()
    left = await people.collection.count_documents(readable)
    assert 0 < left < 3000
    names = {one.name for one in await people.find({}, limit=4000)}
    assert names == {f"人{n}" for n in range(3000)}, "nothing is half done"
    assert (await _run(people))[:3] == (3000, left, 0)
    names = {one.name for one in await people.find({}, limit=4000)}
    assert names == {f"人{n}" for n in range(3000)}


@servers
async def test_who_was_erased_is_emptied_and_gets_no_key(
    store: Store, people: SealedRepository[Counter]
):
    await _stored_before(store, 2)
    await people.keys.destroy("cnt_00000")
    assert (await _run(people)).left == 0
    assert [one.name for one in await people.find({}, sort=[("_id", 1)])] == [None, "人1"]
    assert await people.keys.get("cnt_00000") is None


def _no_items(_: object) -> tuple[()]:
    return ()


PERSONAL = (
    PersonalField("text", empty),
    PersonalField("steps.*.note", nothing),
    PersonalField("steps.*.changed", _no_items),
)
_texts = st.text(max_size=3)
_steps = st.fixed_dictionaries({"note": st.none() | _texts, "changed": st.lists(_texts)})


@given(st.fixed_dictionaries({"text": _texts, "steps": st.lists(_steps, max_size=3)}))
def test_what_is_sealed_is_not_readable_and_everything_else_is(document: sealing.Fields):
    personal = [document["text"], *(s["note"] for s in document["steps"])]
    changed = [s["changed"] for s in document["steps"]]
    expected = any(personal[:1]) or any(n is not None for n in personal[1:]) or any(changed)
    assert sealing.is_readable(document, PERSONAL) == expected
    sealing.seal(document, PERSONAL, b"k" * 32, "context")
    assert not sealing.is_readable(document, PERSONAL)
