"""Canaries: a planted name, phone, ID number and text turn up in no event, log, trace, metric or dead letter."""

import asyncio
import secrets
import time
from collections.abc import Iterable

import httpx
from aiokafka import AIOKafkaConsumer
from stdnum.cn import ric

from contracts.topics import TOPICS, dead
from tests.backend import WholePlatform
from tests.journeys.phone import eventually
from tests.journeys.station import COMMUNITY, Station

DAY_MS = 24 * 3600 * 1000
SERVICES = ("registration", "incidents", "dispatch", "notify")


def id_number() -> str:
    """Well-formed, of nobody: order code 000, born in a year that the demonstration does not use."""
    front = f"3701041949{secrets.randbelow(12) + 1:02d}{secrets.randbelow(28) + 1:02d}000"
    return front + ric.calc_check_digit(front + "0")


class Canaries:
    """What is planted; each is unmistakable."""

    def __init__(self) -> None:
        token = secrets.token_hex(4)
        self.phone = f"12000{secrets.randbelow(1_000_000):06d}"
        self.name = f"金丝雀{''.join(chr(0x9F00 + secrets.randbelow(90)) for _ in range(3))}"
        self.id_number = id_number()
        self.text = f"金丝雀的话{token}"
        self.note = f"金丝雀的备注{token}"
        self.all = (self.phone, self.name, self.id_number, self.text, self.note)

    def found_in(self, haystack: bytes) -> list[str]:
        forms = {c: {c.encode(), c.encode("unicode_escape"), c.encode("utf-16-le")} for c in self.all}
        return [canary for canary, encoded in forms.items() if any(form in haystack for form in encoded)]


async def plant(station: Station, web: httpx.AsyncClient, planted: Canaries) -> str:
    """On every way in that takes personal things, and where they are refused. Gives a report's id."""
    person = await station.api.sign_in(planted.phone)
    headers = await person.headers()
    (await web.patch("/api/v1/accounts/me", json={"name": planted.name}, headers=headers)).raise_for_status()
    joining = {"station": station.id, "area": COMMUNITY, "name": planted.name, "id_number": planted.id_number,
               "skills": ["mediation"]}  # fmt: skip
    await person.post("volunteers", joining)
    officer = await station.somebody("officer")
    await officer.person.get(f"volunteers/{person.id}")
    await officer.person.post(f"volunteers/{person.id}/approve")
    report = await person.post("reports", station.words_of("assistance", text=f"{planted.text} 电话{planted.phone}"))
    await person.post(f"reports/{report['id']}/notes", {"text": planted.note})
    await officer.person.post(f"reports/{report['id']}/route", {"route": "police", "reason": planted.note})
    await officer.person.post(f"reports/{report['id']}/acknowledge")
    await officer.person.post(f"reports/{report['id']}/close", {"outcome": "solved", "note": planted.note})
    for method, path, body in (
        ("POST", "reports", {"text": {planted.text: planted.phone}}),
        ("POST", "volunteers", joining | {"id_number": planted.id_number + planted.name}),
        ("POST", "sessions", {"phone": planted.phone, "code": planted.name}),
        ("GET", f"follow-ups/{planted.phone}", None), ("GET", f"reports?cursor={planted.phone}&mine=true", None),
    ):  # fmt: skip
        assert (await web.request(method, f"/api/v1/{path}", json=body, headers=headers)).status_code < 500
    return report["id"]


async def officer_looks(station: Station, report: str) -> None:
    await (await station.somebody("officer")).person.get(f"reports/{report}")


async def everything_on_topics(bootstrap: str) -> bytes:
    """All that stands on all topics, keys and headers too, from the beginning."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        wanted = [name for topic in TOPICS for name in (topic, dead(topic))]
        consumer.subscribe(wanted)
        await consumer.getmany(timeout_ms=2000, max_records=1)
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(list(partitions))
        await consumer.seek_to_beginning(*partitions)
        seen: list[bytes] = []
        async with asyncio.timeout(60):
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for r in records:
                        seen += [r.key or b"", r.value or b"", *(value for _, value in r.headers)]
        return b"\n".join(seen)
    finally:
        await consumer.stop()


async def everything_logged(platform: WholePlatform) -> bytes:
    return b"\n".join(file.read_bytes() for file in sorted(platform.logs.glob("*.log*")))


async def everything_traced(zipkin: str) -> bytes:
    now_ms = int(time.time() * 1000)
    async with httpx.AsyncClient(base_url=zipkin, timeout=30, trust_env=False) as client:
        pages: list[bytes] = []
        for service in ("gateway", *SERVICES):
            params = {"serviceName": service, "limit": "5000", "lookback": str(DAY_MS), "endTs": str(now_ms)}
            pages.append((await client.get("/api/v2/traces", params=params)).raise_for_status().content)
        return b"\n".join(pages)


async def everything_measured(urls: Iterable[str]) -> bytes:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        return b"\n".join([(await client.get(url)).raise_for_status().content for url in urls])


async def test_no_canary_turns_up_anywhere(station: Station, web: httpx.AsyncClient, platform: WholePlatform):
    planted = Canaries()
    report = await plant(station, web, planted)
    volunteer = await station.on_duty()
    last = await station.reports(await station.somebody("resident"), "assistance")
    await volunteer.hears("alert", last["id"])  # what was planted before has gone its way by now
    await officer_looks(station, last["id"])

    topics = await everything_on_topics(platform.backend.kafka_bootstrap)
    assert report.encode() in topics, "the topics were read to their end"
    assert planted.found_in(topics) == []

    # The gateway writes what it logged every ten seconds.
    logs = await eventually(lambda: everything_logged(platform), lambda found: last["id"].encode() in found, "the logs")
    assert planted.found_in(logs) == []

    traces = await everything_traced(platform.zipkin_url)
    assert report.encode() in traces, "the traces are those"
    assert planted.found_in(traces) == []

    admin = f"http://127.0.0.1:{platform.ports.envoy_admin}/stats/prometheus"
    measured = await everything_measured([*(f"{platform.service_url(s)}/metrics" for s in SERVICES), admin])
    assert planted.found_in(measured) == []
