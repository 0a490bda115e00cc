"""A service whose copies of others' state are deleted builds them anew, though the events that they
came from are no more on the topics."""

from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from pymongo import AsyncMongoClient

from chassis.broker.topics import partitions_of
from tests.journeys.station import Station
from tests.support.platform import TOPICS, WholePlatform
from tests.support.waiting import eventually

REPLICAS = {
    "incidents": ("stations", "committee_staff", "watches"),
    "dispatch": ("squads", "stations", "responders"),
    "notify": ("people", "duty", "standings"),
}
OF_REGISTRATION = ("_id", "source", "approved", "station", "squad", "skills", "birth_year")
"""What dispatch's responders have from others; the rest is its own."""
Copies = dict[str, dict[str, Any]]


async def test_deleted_replicas_come_back_without_the_events(
    station: Station, platform: WholePlatform
):
    volunteer = await station.on_duty()
    await volunteer.person.post("duty/end")
    async with AsyncMongoClient[dict[str, Any]](platform.backend.mongo_url) as client:

        async def everything_is_known() -> bool:
            watch = await client["incidents"]["watches"].find_one({"by": {"$ne": None}})
            off = await client["notify"]["duty"].find_one({"_id": volunteer.id, "on": False})
            return bool(watch and off) and await _nothing_is_under_way(client)

        await eventually(everything_is_known)
        before = {service: await _copies(client, service) for service in REPLICAS}
        assert all(found for copies in before.values() for found in copies.values())
        await _forget_events(platform.backend.kafka_bootstrap)
        for service, collections in REPLICAS.items():
            for name in collections:
                await client[service][name].delete_many({})
            platform.kill(service)
            platform.wait_ready(service)
            assert await _copies(client, service) == before[service]


async def _nothing_is_under_way(client: AsyncMongoClient[dict[str, Any]]) -> bool:
    """Of the people that were loaded just before."""
    volunteers, others = {"volunteer.station": {"$gt": ""}}, await _not_erased(client)
    known = {
        await client["registration"]["accounts"].count_documents(volunteers),
        await client["dispatch"]["responders"].count_documents(others),
        await client["notify"]["standings"].count_documents(others),
    }
    people = {
        await client["incidents"]["committee_staff"].count_documents(others),
        await client["notify"]["people"].count_documents(others),
    }
    return len(known) == len(people) == 1


async def _copies(client: AsyncMongoClient[dict[str, Any]], service: str) -> Copies:
    return {name: await _copy(client, service, name) for name in REPLICAS[service]}


async def _copy(client: AsyncMongoClient[dict[str, Any]], service: str, name: str) -> Copies:
    fields: Mapping[str, Any] = dict.fromkeys(OF_REGISTRATION, 1) if name == "responders" else {}
    found = client[service][name].find(await _not_erased(client), fields or None)
    return {document["_id"]: document async for document in found}


async def _not_erased(client: AsyncMongoClient[dict[str, Any]]) -> dict[str, Any]:
    """Other journeys erase people; what is left of them is no copy of anything."""
    erased = client["registration"]["accounts"].find({"erased_at": {"$ne": None}}, {"_id": 1})
    return {"_id": {"$nin": [document["_id"] async for document in erased]}}


async def _forget_events(bootstrap: str) -> None:
    """As the broker does when their time is over."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        events = await partitions_of(admin, TOPICS)
        await admin.delete_records({each: RecordsToDelete(-1) for each in events})
    finally:
        await admin.close()
