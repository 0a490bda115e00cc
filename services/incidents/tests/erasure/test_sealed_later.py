"""`ops.seal` on a running service: what was stored before is sealed, and read as before."""

from typing import Any

import pytest

from chassis.mongo.store import Document
from chassis.personal import sealing
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.stored_before import Sealable, seal_all
from services.incidents.tests.erasure.test_erasure_servers import file_report, write_log
from services.incidents.tests.running import COMMUNITY, OFFICER, Incidents, person

pytestmark = pytest.mark.servers


async def _unseal(incidents: Incidents, name: str, id: str, key_id: str) -> None:
    """As it was stored before there were keys."""
    store = incidents.service.store
    keys = PersonKeys(store, incidents.field_key)
    collection, key = store.database[name], await keys.get(key_id)
    document = await collection.find_one({"_id": id})
    assert document is not None
    assert key is not None
    if name == "photos":
        content = sealing.decrypt(key, bytes(document["content"]), f"photos:{id}")
        document |= {"content": content}
    else:
        sealing.open_sealed(document, key, f"{name}:{id}")
    del document["sealed"]
    await collection.replace_one({"_id": id}, document)
    await keys.collection.delete_one({"_id": key_id})


async def _seal(incidents: Incidents, *, check: bool) -> int:
    """How many are left, in all collections."""
    left = 0
    for target in incidents.service.store.sealed:
        left += [progress async for progress in seal_all(target, check=check)][-1].left
    return left


async def _stored(incidents: Incidents, name: str, id: str) -> Document:
    found = await incidents.service.store.database[name].find_one({"_id": id})
    assert found is not None
    return found


async def test_a_report_its_photo_and_a_log_entry_are_sealed_and_read_as_before(
    incidents: Incidents,
):
    who = person()
    filed = await file_report(incidents, who, "楼下广场舞太吵了")
    entry = await write_log(incidents, who)
    places = [("reports", filed["id"], filed["id"]), ("photos", filed["photo"], filed["photo"])]
    places.append(("log_entries", entry, who))
    before = await _read(incidents, who, filed["id"])
    for place in places:
        await _unseal(incidents, *place)
    plain = await _stored(incidents, "photos", filed["photo"])
    assert await _seal(incidents, check=True) >= 3

    assert await _seal(incidents, check=False) == 0
    assert await _seal(incidents, check=True) == 0
    assert await _read(incidents, who, filed["id"]) == before
    for name, id, _ in places:
        assert (await _stored(incidents, name, id))["sealed"]
    text = str([await _stored(incidents, name, id) for name, id, _ in places[::2]])
    assert "13800138000" not in text
    assert "王大妈" not in text
    sealed = await _stored(incidents, "photos", filed["photo"])
    assert bytes(plain["content"])[:20] not in bytes(sealed["content"])


async def _read(incidents: Incidents, who: str, report: str) -> tuple[Any, ...]:
    async with incidents.client(who) as own, incidents.client("acc_31", OFFICER) as officer:
        log = (await officer.get("/log-entries", params={"area": COMMUNITY})).json()["items"]
        return (
            (await own.get(f"/reports/{report}")).json(),
            (await officer.get(f"/reports/{report}/photo")).content,
            [one for one in log if one["volunteer"] == who],
        )


def test_the_command_knows_every_sealed_collection(incidents: Incidents):
    sealed: list[Sealable] = incidents.service.store.sealed
    assert {target.name for target in sealed} == {"reports", "photos", "log_entries"}
    repositories = {
        outbox.name
        for outbox in incidents.service.store.outboxes
        if isinstance(outbox, SealedRepository)
    }
    assert repositories <= {target.name for target in sealed}
