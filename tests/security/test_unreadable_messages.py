"""An unreadable message goes to the dead-letter topic, with the reason, and blocks nothing."""

import asyncio
import secrets

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.topics import DISPATCH, INCIDENTS, REGISTRATION, dead
from tests.journeys.station import Station
from tests.support.platform import WholePlatform

READERS = {
    INCIDENTS: {"dispatch", "notify"},
    DISPATCH: {"incidents", "notify"},
    REGISTRATION: {"dispatch", "notify"},
}
"""Topic -> services that consume it."""


def unreadable(mark: str) -> list[bytes]:
    """Bytes, JSON and envelopes that no service publishes."""
    return [
        b"\xff\x00\xfe" + mark.encode(),
        f'{{"mark": "{mark}"'.encode(),
        f'["{mark}"]'.encode(),
        (
            f'{{"id": "{mark}", "type": "ReportRouted", "aggregate": "x", "seq": 0, '
            '"at": "?", "data": []}'
        ).encode(),
        f'{{"id": "{mark}", "type": "VolunteerStandingChanged", "aggregate": "x", "seq": 1, '
        '"at": "2026-03-05T00:00:00Z", "data": {"volunteer": {"$ne": 1}}}'.encode(),
    ]


@pytest.mark.parametrize("topic", READERS)
async def test_unreadable_messages_are_dead_lettered_and_others_processed(
    station: Station, platform: WholePlatform, topic: str
):
    mark = secrets.token_hex(8)
    sent = unreadable(mark)
    # A type that a service does not subscribe to is skipped, not dead-lettered.
    expected = sent[:4] + (sent[4:] if topic == REGISTRATION else [])
    consumer = AIOKafkaConsumer(
        dead(topic),
        bootstrap_servers=platform.backend.kafka_bootstrap,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=platform.backend.kafka_bootstrap, acks="all")
    await consumer.start()
    await producer.start()
    try:
        for value in sent:
            await producer.send_and_wait(topic, value, key=mark.encode())
        found: set[tuple[bytes, str]] = set()
        async with asyncio.timeout(30):
            while not found >= {(value, reader) for value in expected for reader in READERS[topic]}:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        headers = {name: value.decode() for name, value in record.headers}
                        if record.key == mark.encode():
                            assert headers["dead-reason"] == "unreadable"
                            assert headers["dead-topic"] == topic
                            reader = headers["dead-group"].removesuffix("-lingering")
                            found.add((record.value or b"", reader))
    finally:
        await producer.stop()
        await consumer.stop()
    assert {value for value, _ in found} == set(expected)

    volunteer, resident = await station.on_duty(), await station.somebody("resident")
    report = await station.file_report(resident, "assistance")
    await volunteer.receives("alert", report["id"])
