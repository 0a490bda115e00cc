"""Events that the tests on real servers publish, and where they look for the effect."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer

from contracts import topics
from contracts.envelope import Envelope
from contracts.events.dispatch import WaveCalled
from services.notify.tests.conftest import Notify


def called(
    volunteer: str, callout: str, *, seconds: float = 60, report: str = "rep_x"
) -> WaveCalled:
    """A wave of one."""
    return wave({volunteer: 240}, callout, seconds=seconds, report=report)


def wave(
    distances: Mapping[str, int], callout: str, *, seconds: float = 60, report: str = "rep_x"
) -> WaveCalled:
    """`distances`: metres, by volunteer; the alerts expire after `seconds`."""
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    people = [{"volunteer": who, "distance_m": metres} for who, metres in distances.items()]
    return WaveCalled.model_validate(
        WaveCalled.example
        | {
            "called": people,
            "callout": callout,
            "report": report,
            "expires_at": expires.isoformat(timespec="milliseconds"),
        }
    )


async def deliveries(notify: Notify, report: str) -> list[dict[str, Any]]:
    async with notify.client("acc_officer", ("officer", "370104009")) as client:
        answer = await client.get("/api/v1/deliveries", params={"report": report})
        assert answer.status_code == 200
        return answer.json()["items"]


async def published(notify: Notify, name: str, message: str) -> None:
    consumer = AIOKafkaConsumer(
        topics.NOTIFY,
        bootstrap_servers=notify.service.settings.kafka_bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async with asyncio.timeout(15):
            async for record in consumer:
                envelope = Envelope.model_validate_json(record.value or b"")
                if envelope.type == name and envelope.data["message"] == message:
                    return
    finally:
        await consumer.stop()
