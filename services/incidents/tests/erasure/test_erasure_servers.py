"""A person is erased: no copy of the database can be read any more, and counts stay."""

import secrets
from io import BytesIO
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from PIL import Image

from chassis.mongo.store import Document
from chassis.personal import sealing
from chassis.personal.keys import PersonKeys
from contracts.events.registration import PersonErased
from services.incidents.tests.running import (
    COMMUNITY,
    OFFICER,
    Incidents,
    person,
    post,
    report,
    upload,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
WORDS, LOGGED = "我叫王小明，电话13800138000", "和王大妈聊了聊她的腿"


def _picture() -> bytes:
    picture = BytesIO()
    Image.new("RGB", (30, 30), (0, 90, 200)).save(picture, "JPEG")
    return picture.getvalue()


async def file_report(
    incidents: Incidents, who: str, text: str, *, end: bool = True
) -> dict[str, Any]:
    async with incidents.client(who) as own:
        photo = (await upload(own, _picture())).json()["id"]
        filed = await post(own, "/reports", report(f"{text}。{WORDS}", photo=photo), 201)
        await post(own, f"/reports/{filed['id']}/notes", {"text": f"补充：{WORDS}"}, 201)
        if end:
            reason = {"reason": f"没事了，{WORDS}"}
            await post(own, f"/reports/{filed['id']}/withdraw", reason)
    return filed | {"photo": photo}


async def write_log(incidents: Incidents, who: str) -> str:
    """The entry's id."""
    entry = {"kind": "visit", "text": LOGGED, "community": COMMUNITY, "minutes": 20}
    async with incidents.client(who, ("volunteer", "370104009", "squ_1")) as own:
        return (await post(own, "/log-entries", entry, 201, secrets.token_hex(8)))["id"]


async def _backup(incidents: Incidents) -> dict[str, list[Document]]:
    """As ordinary back-ups are made: without the keys of people."""
    database = incidents.service.store.database
    names = [n for n in await database.list_collection_names() if n != "person_keys"]
    return {name: await database[name].find({}).to_list() for name in names}


async def _figures(incidents: Incidents) -> dict[str, Any]:
    async with incidents.client("acc_desk", ("city_desk", "3701")) as desk:
        found = (await desk.get("/figures", params={"area": COMMUNITY})).json()
        for name in ("since", "until"):
            found.pop(name)
        return found


async def _erase(incidents: Incidents, who: str) -> None:
    await incidents.publish(PersonErased(account=who), who)
    keys = PersonKeys(incidents.service.store, incidents.field_key)

    async def destroyed() -> bool:
        return await keys.is_destroyed(who)

    await eventually(destroyed)


async def test_no_copy_can_be_read_and_the_counts_stay(incidents: Incidents):
    who, neighbour = person(), person()
    filed = await file_report(incidents, who, "楼下广场舞太吵了")
    other = await file_report(incidents, neighbour, "楼下广场舞太吵了")
    await write_log(incidents, who)
    backup, figures = await _backup(incidents), await _figures(incidents)
    plain = str(backup).encode() + b"".join(
        document["content"] for document in backup["photos"] if document["_id"] == filed["photo"]
    )
    for words in ("王小明", "13800138000", "王大妈"):
        assert words.encode() not in plain, "even before, only the keys make it readable"
    assert _picture()[:20] not in plain

    await _erase(incidents, who)

    assert await _figures(incidents) == figures
    async with incidents.client(who) as own, incidents.client("acc_31", OFFICER) as officer:
        assert (await own.get(f"/reports/{filed['id']}")).status_code == 404
        seen = await officer.get(f"/reports/{filed['id']}")
        assert "13800138000" not in seen.text
        assert (await officer.get(f"/reports/{filed['id']}/photo")).status_code == 404
        log = await officer.get("/log-entries", params={"area": COMMUNITY})
        (entry,) = [one for one in log.json()["items"] if one["volunteer"] == who]
        assert (entry["text"], entry["minutes"]) == ("", 20)
        kept = await officer.get(f"/reports/{other['id']}")
        assert WORDS in kept.text, "nobody else's words are touched"

    await _unreadable(incidents, backup, filed, who)


async def _unreadable(
    incidents: Incidents, backup: dict[str, list[Document]], filed: dict[str, Any], who: str
) -> None:
    """With the back-up, FIELD_KEY and all keys that are left, nothing of theirs can be had."""
    secret = bytes.fromhex(incidents.field_key)
    keys = PersonKeys(incidents.service.store, incidents.field_key)
    left = await keys.collection.find({}).to_list()
    assert not {filed["id"], filed["photo"], who} & {d["_id"] for d in left if "key" in d}
    candidates = [secret] + [key for d in left if (key := await keys.get(d["_id"])) is not None]
    for name, id in (("reports", filed["id"]), ("photos", filed["photo"])):
        (stored,) = [document for document in backup[name] if document["_id"] == id]
        sealed = stored["sealed"] if name == "reports" else stored["content"]
        for key in candidates:
            with pytest.raises(InvalidTag):
                sealing.decrypt(key, bytes(sealed), f"{name}:{id}")


async def test_a_restored_document_stays_unreadable(incidents: Incidents):
    who = person()
    filed = await file_report(incidents, who, "楼下广场舞太吵了")
    reports = incidents.service.store.database["reports"]
    backup = await reports.find_one({"_id": filed["id"]})
    assert backup is not None
    await _erase(incidents, who)
    await reports.replace_one({"_id": filed["id"]}, backup)
    async with incidents.client(who) as own, incidents.client("acc_31", OFFICER) as officer:
        for reader in (own, officer):
            seen = await reader.get(f"/reports/{filed['id']}")
            assert "13800138000" not in seen.text


async def test_words_of_an_open_matter_stay_until_its_end(incidents: Incidents):
    who = person()
    filed = await file_report(incidents, who, "楼下广场舞太吵了", end=False)
    await _erase(incidents, who)
    database = incidents.service.store.database
    async with incidents.client("acc_31", OFFICER) as officer:
        assert WORDS in (await officer.get(f"/reports/{filed['id']}")).text
        await post(officer, f"/reports/{filed['id']}/reject", {"reason": "已处理"})
    kept = await database["kept_reports"].find_one({"_id": filed["id"]})
    assert kept is not None
    past = {"$set": {"until": incidents.service.clock.now()}}
    await database["kept_reports"].update_one({"_id": filed["id"]}, past)
    await _erase(incidents, who)  # a repeat settles what has ended, as the step that is due does

    async def gone() -> bool:
        return await database["kept_reports"].find_one({"_id": filed["id"]}) is None

    await eventually(gone)
    async with incidents.client("acc_31", OFFICER) as officer:
        assert WORDS not in (await officer.get(f"/reports/{filed['id']}")).text


async def test_repeats_change_nothing_and_a_late_entry_keeps_no_words(incidents: Incidents):
    who = person()
    filed = await file_report(incidents, who, "楼下广场舞太吵了")
    await _erase(incidents, who)
    database = incidents.service.store.database
    before = await database["reports"].find_one({"_id": filed["id"]})
    for _ in range(3):
        await incidents.publish(PersonErased(account=who), who)
    await write_log(incidents, who)  # with a token from before
    other = person()
    await _erase(incidents, other)
    assert await database["reports"].find_one({"_id": filed["id"]}) == before
    (entry,) = await database["log_entries"].find({"volunteer": who}).to_list()
    assert (entry["text"], entry["sealed"]) == ("", None)


async def test_an_area_is_searched_by_words_although_they_are_sealed(incidents: Incidents):
    mark = secrets.token_hex(4)
    filed = await file_report(incidents, person(), f"楼下广场舞太吵了 {mark.upper()}", end=False)
    await file_report(incidents, person(), "楼下广场舞太吵了")
    async with incidents.client("acc_31", OFFICER) as officer:
        found = await officer.get("/reports", params={"q": mark})
        assert [one["id"] for one in found.json()["items"]] == [filed["id"]]
