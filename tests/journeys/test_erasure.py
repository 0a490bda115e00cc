"""A volunteer who reported, too, is erased: every service forgets them, and every count stays."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from cryptography.exceptions import InvalidTag
from pymongo import AsyncMongoClient

from chassis.personal import sealing
from chassis.settings import Settings
from contracts import topics
from tests.journeys.station import Station
from tests.journeys.test_main_job import credited
from tests.security.callout_under_way import png
from tests.support.client import Json, Person, Refused, sent_codes, upload_photo
from tests.support.demonstration import COMMUNITY
from tests.support.phone import Phone
from tests.support.platform import WholePlatform
from tests.support.waiting import eventually

Documents = list[dict[str, Any]]
Mongo = AsyncMongoClient[dict[str, Any]]
SERVICES = ("registration", "incidents", "dispatch", "notify")
KEYS = "person_keys"
TOPICS, PARTITIONS = topics.TOPICS, Settings().kafka_partitions
NAMED = "诸葛测试"
STREET = "370104009"


class Left(NamedTuple):
    """What the person did, and left behind."""

    report: Json
    photo: str
    callout: str
    copies: Mapping[str, Documents]
    """`service.collection` -> its documents, as an ordinary back-up has them."""
    figures: Json
    minutes: int


@pytest.fixture
async def mongo(platform: WholePlatform) -> AsyncGenerator[Mongo]:
    opened: Mongo = AsyncMongoClient(platform.addresses["MONGO_URL"], tz_aware=True)
    yield opened
    await opened.close()


async def test_an_erased_person_leaves_counts_and_nothing_else(
    station: Station, platform: WholePlatform, mongo: Mongo
):
    officer, resident = await station.somebody("officer"), await station.somebody("resident")
    volunteer = await station.on_duty(50)
    callout = await _serve(station, resident, volunteer)
    left = await _leave(station, officer, volunteer, callout, mongo)
    await volunteer.person.post("duty/end")
    phone = (await volunteer.person.get("accounts/me"))["phone"]
    await station.goes_for_ever(volunteer)

    await _ask(platform, mongo, volunteer.person, phone)
    await _erased_everywhere(mongo, volunteer.id, left.report["id"])

    await _nothing_in_the_api(officer, volunteer, left)
    await _nothing_in_the_stores(mongo, volunteer.id, phone)
    await _nothing_in_the_copies(platform, mongo, volunteer.id, left)
    await _nothing_in_the_topics(platform, phone)
    figures = await officer.person.get("figures", area=STREET)
    for name in ("reports", "by_route", "by_category", "by_state", "by_end"):
        assert figures[name] == left.figures[name]
    assert await _minutes(mongo, volunteer.id) == left.minutes > 0

    await _code_again(mongo)
    again = await station.api.sign_in(phone)
    assert again.id != volunteer.id
    me = await again.get("accounts/me")
    assert (me["name"], me["volunteer"]) == (None, None)
    assert (await again.get("reports", mine=True))["items"] == []
    assert (await again.get("inbox"))["items"] == []


async def _serve(station: Station, resident: Phone, volunteer: Phone) -> str:
    """The volunteer answers a report, and has hours for it."""
    report = await station.file_report(resident, "assistance")
    callout = (await volunteer.receives("alert", report["id"]))["callout"]
    for step in ("accept", "on-the-way", "arrive"):
        await volunteer.person.post(f"callouts/{callout}/{step}")
    await station.report_in_state(resident, report["id"], "on_scene")
    await station.domain_minutes(11)
    await volunteer.person.post(f"callouts/{callout}/finish", {"outcome": "solved"})
    await resident.receives("outcome", report["id"])
    await resident.person.post(f"reports/{report['id']}/confirm")
    await station.report_in_state(resident, report["id"], "closed")
    await credited(volunteer)
    return callout


async def _leave(
    station: Station, officer: Phone, volunteer: Phone, callout: str, mongo: Mongo
) -> Left:
    who = volunteer.person
    photo = await upload_photo(who, png())
    told = {"text": f"楼下的音响太吵。我叫{NAMED}", "photo": photo}
    report = await station.file_report(volunteer, "nuisance", **told)
    await who.post(f"reports/{report['id']}/withdraw", {"reason": f"{NAMED}自己劝好了"})
    entry = {"kind": "visit", "text": f"{NAMED}看望了老人", "community": COMMUNITY, "minutes": 30}
    await who.post("log-entries", entry)
    copies: dict[str, Documents] = {}
    for service in SERVICES:
        for name in await mongo[service].list_collection_names():
            if name != KEYS and not name.startswith("system."):
                copies[f"{service}.{name}"] = await mongo[service][name].find({}).to_list()
    return Left(
        report,
        photo,
        callout,
        copies,
        await officer.person.get("figures", area=STREET),
        await _minutes(mongo, volunteer.id),
    )


async def _minutes(mongo: Mongo, volunteer: str) -> int:
    found = await mongo["dispatch"]["service_records"].find({"volunteer": volunteer}).to_list()
    return sum(record["minutes"] for record in found)


async def _code_again(mongo: Mongo) -> None:
    """A minute has passed since the last code."""
    earlier = {"$set": {"sent_at": {"$subtract": ["$sent_at", 120_000]}}}
    await mongo["registration"]["sign_in_codes"].update_many({}, [earlier])


async def _ask(platform: WholePlatform, mongo: Mongo, who: Person, phone: str) -> None:
    await _code_again(mongo)
    await who.api.send("POST", "sign-in-codes", json={"phone": phone})
    code = (await sent_codes(who.api, platform.dev_key, phone))[0]
    asked = await who.post("accounts/me/erasure", {"code": code})
    assert datetime.fromisoformat(asked["due_at"]) > platform.clock.now()
    over = {"$set": {"erasure.due_at": datetime.now(UTC) - timedelta(days=4000)}}
    await mongo["registration"]["accounts"].update_one({"_id": who.id}, over)


async def _erased_everywhere(mongo: Mongo, who: str, report: str) -> None:
    async def everywhere() -> bool:
        keys = [
            await mongo[service][KEYS].find_one({"_id": id})
            for service, id in (("registration", who), ("incidents", who), ("incidents", report))
        ]
        responder = await mongo["dispatch"]["responders"].find_one({"_id": who})
        messages = await mongo["notify"]["messages"].count_documents({"recipients.account": who})
        destroyed = all(key is not None and "destroyed_at" in key for key in keys)
        return destroyed and bool(responder and responder.get("erased")) and messages == 0

    await eventually(everywhere, what="erased everywhere", within=60)


async def _nothing_in_the_api(officer: Phone, volunteer: Phone, left: Left) -> None:
    who, report = officer.person, left.report["id"]
    for path in (f"volunteers/{volunteer.id}", f"reports/{report}/photo"):
        with pytest.raises(Refused):
            await who.get(path)
    for path, query in (
        (f"reports/{report}", {}),
        ("log-entries", {"area": COMMUNITY}),
        (f"callouts/{left.callout}/candidates", {"limit": 200}),
    ):
        assert NAMED not in str(await who.get(path, **query))
    found = await who.get("reports", q=NAMED)
    assert found["items"] == []


async def _nothing_in_the_stores(mongo: Mongo, who: str, phone: str) -> None:
    for service in SERVICES:
        for name in await mongo[service].list_collection_names():
            if not name.startswith("system.") and name != "local_messages":
                text = str(await mongo[service][name].find({}).to_list())
                assert NAMED not in text, f"{service}.{name}"
                assert phone not in text, f"{service}.{name}"
    account = await mongo["registration"]["accounts"].find_one({"_id": who})
    assert account is not None
    assert (account["volunteer"], account["grants"], account["sealed"]) == (None, [], None)
    assert account["id_number_key"] is None


async def _nothing_in_the_copies(
    platform: WholePlatform, mongo: Mongo, who: str, left: Left
) -> None:
    """With a back-up from before, the services' keys, and all keys of people that are left."""
    services = platform.secrets
    masters = {
        "registration": bytes.fromhex(services.field_key),
        "incidents": bytes.fromhex(services.incidents_field_key),
    }
    known = [*masters.values(), bytes.fromhex(services.lookup_key)]
    for service, master in masters.items():
        async for one in mongo[service][KEYS].find({"key": {"$exists": True}}, limit=300):
            known.append(sealing.decrypt(master, bytes(one["key"]), f"person key:{one['_id']}"))
    theirs = [
        ("registration.accounts", who, "sealed"),
        ("incidents.reports", left.report["id"], "sealed"),
        ("incidents.photos", left.photo, "content"),
    ]
    entries = left.copies["incidents.log_entries"]
    theirs += [
        ("incidents.log_entries", one["_id"], "sealed")
        for one in entries
        if one["volunteer"] == who
    ]
    assert len(theirs) > 3
    for collection, id, field in theirs:
        (copy,) = [document for document in left.copies[collection] if document["_id"] == id]
        assert NAMED not in str(copy)
        for key in known:
            with pytest.raises(InvalidTag):
                sealing.decrypt(key, bytes(copy[field]), f"{collection.split('.')[1]}:{id}")


async def _nothing_in_the_topics(platform: WholePlatform, phone: str) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=platform.backend.kafka_bootstrap, enable_auto_commit=False
    )
    await consumer.start()
    try:
        parts = [TopicPartition(topic, n) for topic in TOPICS for n in range(PARTITIONS)]
        ends = await consumer.end_offsets(parts)
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        while [part for part in parts if await consumer.position(part) < ends[part]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    text = (record.value or b"").decode()
                    assert NAMED not in text
                    assert phone not in text
    finally:
        await consumer.stop()
