"""Canaries: a planted name, phone, ID number, address or text, a report's number and its key, or
what a caller chose as a header or a path turn up in no event, log, trace, metric or dead letter."""

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from contracts.topics import TOPICS
from tests.journeys.phone import eventually
from tests.journeys.station import Station
from tests.support.platform import WholePlatform
from tests.telemetry import everything, planting
from tests.telemetry.canaries import Canaries
from tests.telemetry.planting import API


async def a_report_later(station: Station, web: httpx.AsyncClient) -> str:
    """What was planted before has gone its way once this returns: an id that is in the gateway's
    log at last."""
    volunteer = await station.on_duty()
    last = await station.reports(await station.somebody("resident"), "assistance")
    await volunteer.hears("alert", last["id"])
    return (await web.get(f"{API}/categories")).headers["x-request-id"]


async def nowhere_told(platform: WholePlatform, planted: Canaries, last: str, report: str) -> None:
    """Looks through all logs, traces and figures."""
    # The gateway writes what it logged every ten seconds.
    logs = await eventually(
        lambda: everything.logged(platform), lambda found: last.encode() in found, "the logs"
    )
    assert planted.found_in(logs) == []
    assert b"203.0.113.77" not in logs
    traces = await everything.traced(platform.zipkin_url)
    assert report.encode() in traces, "the traces are those"
    assert planted.found_in(traces) == []
    assert planted.found_in(await everything.measured(platform)) == []


@pytest.mark.timeout(600)  # some 700 requests, on a machine that may be busy
async def test_no_canary_turns_up_anywhere(
    station: Station, web: httpx.AsyncClient, platform: WholePlatform
):
    planted = Canaries()
    report = await planting.taken(station, planted)
    await planting.followed(station, web, planted)
    somebody = await station.somebody("bystander")
    assert await planting.anywhere(web, planted, await somebody.person.headers()) > 400
    await planting.oddly(
        web, planted, [platform.service_url(service) for service in everything.SERVICES]
    )
    last = await a_report_later(station, web)

    topics, _ = await everything.on_topics(platform.backend.kafka_bootstrap)
    assert report.encode() in topics, "the topics were read to their end"
    assert planted.found_in(topics) == []
    await nowhere_told(platform, planted, last, report)


@pytest.mark.timeout(400)
async def test_what_nobody_can_read_is_told_of_without_a_word_of_it(
    station: Station, web: httpx.AsyncClient, platform: WholePlatform
):
    """A dead letter is kept as it came, to be replayed: its reason, and all that is told of it,
    hold nothing of it."""
    planted, report = Canaries(), (await station.reports(await station.somebody("resident")))["id"]
    said = f"{planted.text} {planted.name} {planted.phone} {planted.id_number} {planted.address}"
    envelope = (
        f'{{"id": "{planted.word}", "aggregate": "{planted.phone}", "seq": 1, '
        '"at": "2026-03-05T00:00:00Z", '
    )
    producer = AIOKafkaProducer(bootstrap_servers=platform.backend.kafka_bootstrap, acks="all")
    await producer.start()
    try:
        for topic in TOPICS:
            for value in (
                said,
                f'{{"{said}"',
                f'{envelope}"type": "{planted.name}", "data": {{"who": "{said}"}}}}',
                f'{envelope}"type": "VolunteerStandingChanged", "data": '
                f'{{"volunteer": ["{said}"]}}}}',
            ):
                await producer.send_and_wait(topic, value.encode(), key=planted.phone.encode())
    finally:
        await producer.stop()
    last = await a_report_later(station, web)

    async def reasons() -> bytes:
        return (await everything.on_topics(platform.backend.kafka_bootstrap))[1]

    told = await eventually(reasons, lambda found: b"unreadable" in found, "dead letters")
    assert planted.found_in(told) == []
    await nowhere_told(platform, planted, last, report)
