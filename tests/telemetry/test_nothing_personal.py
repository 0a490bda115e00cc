"""Nothing personal and nothing that a caller chose (names, phones, ID numbers, addresses, texts, a
report's number and key, headers, paths) is in any event, log, trace, metric or dead letter."""

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from contracts.topics import TOPICS
from tests.journeys.station import Station
from tests.support.client import API
from tests.support.platform import WholePlatform
from tests.support.waiting import eventually
from tests.telemetry import emitted, planting
from tests.telemetry.canaries import Canaries


async def processed_until_now(station: Station, web: httpx.AsyncClient) -> str:
    """Returns once everything sent before is processed: the id of a last request, to wait for in
    the gateway's log."""
    await station.nobody_is_sought()  # else an earlier report's call-out calls the volunteer
    volunteer = await station.on_duty()
    last = await station.file_report(await station.somebody("resident"), "assistance")
    await volunteer.receives("alert", last["id"])
    return (await web.get(f"{API}/categories")).headers["x-request-id"]


async def assert_not_emitted(
    platform: WholePlatform, planted: Canaries, last: str, report: str
) -> None:
    """In any log, trace or metric."""
    # The gateway flushes its log every ten seconds.
    logs = await eventually(
        lambda: emitted.logs(platform),
        lambda found: last.encode() in found,
        what="the last request in the logs",
        within=25,
    )
    assert planted.found_in(logs) == []
    assert b"203.0.113.77" not in logs
    traces = await emitted.traces(platform.zipkin_url)
    assert report.encode() in traces, "these traces are complete"
    assert planted.found_in(traces) == []
    assert planted.found_in(await emitted.metrics(platform)) == []


@pytest.mark.timeout(600)  # some 700 requests, on a machine that may be busy
async def test_no_canary_is_emitted(
    station: Station, web: httpx.AsyncClient, platform: WholePlatform
):
    planted = Canaries()
    report = await planting.in_stored_values(station, planted)
    await planting.in_follow_ups(station, web, planted)
    somebody = await station.somebody("bystander")
    assert await planting.in_every_parameter(web, planted, await somebody.person.headers()) > 400
    await planting.in_malformed_requests(
        web, planted, [platform.service_url(service) for service in emitted.SERVICES]
    )
    last = await processed_until_now(station, web)

    topics, _ = await emitted.on_topics(platform.backend.kafka_bootstrap)
    assert report.encode() in topics, "the topics are read to their end"
    assert planted.found_in(topics) == []
    await assert_not_emitted(platform, planted, last, report)


@pytest.mark.timeout(400)
async def test_an_unreadable_message_leaves_nothing_of_its_content(
    station: Station, web: httpx.AsyncClient, platform: WholePlatform
):
    """A dead letter keeps its value, to be replayed. Its headers and everything else hold nothing
    of it."""
    planted, report = (
        Canaries(),
        (await station.file_report(await station.somebody("resident")))["id"],
    )
    sentence = (
        f"{planted.text} {planted.name} {planted.phone} {planted.id_number} {planted.address}"
    )
    envelope = (
        f'{{"id": "{planted.word}", "aggregate": "{planted.phone}", "seq": 1, '
        '"at": "2026-03-05T00:00:00Z", '
    )
    producer = AIOKafkaProducer(bootstrap_servers=platform.backend.kafka_bootstrap, acks="all")
    await producer.start()
    try:
        for topic in TOPICS:
            for value in (
                sentence,
                f'{{"{sentence}"',
                f'{envelope}"type": "{planted.name}", "data": {{"who": "{sentence}"}}}}',
                f'{envelope}"type": "VolunteerStandingChanged", "data": '
                f'{{"volunteer": ["{sentence}"]}}}}',
            ):
                await producer.send_and_wait(topic, value.encode(), key=planted.phone.encode())
    finally:
        await producer.stop()
    last = await processed_until_now(station, web)

    async def reasons() -> bytes:
        return (await emitted.on_topics(platform.backend.kafka_bootstrap))[1]

    headers = await eventually(
        reasons, lambda found: b"unreadable" in found, what="dead letters", within=25
    )
    assert planted.found_in(headers) == []
    await assert_not_emitted(platform, planted, last, report)
