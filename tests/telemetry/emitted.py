"""Everything that the platform emits: topics, logs, traces, metrics."""

import asyncio
import time

import httpx
from aiokafka import AIOKafkaConsumer

from contracts.topics import TOPICS, dead
from tests.support.platform import WholePlatform

DAY_MS = 24 * 3600 * 1000
SERVICES = ("registration", "incidents", "dispatch", "notify")


async def on_topics(bootstrap: str) -> tuple[bytes, bytes]:
    """All messages of all topics with their keys and headers; and all headers alone."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.subscribe([name for topic in TOPICS for name in (topic, dead(topic))])
        await consumer.getmany(timeout_ms=2000, max_records=1)
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(list(partitions))
        await consumer.seek_to_beginning(*partitions)
        messages, all_headers = list[bytes](), list[bytes]()
        async with asyncio.timeout(90):
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        headers = [
                            part
                            for name, value in record.headers
                            for part in (name.encode(), value)
                        ]
                        messages += [record.key or b"", record.value or b"", *headers]
                        all_headers += headers
        return b"\n".join(messages), b"\n".join(all_headers)
    finally:
        await consumer.stop()


async def logs(platform: WholePlatform) -> bytes:
    """Of the services and the gateway, its access log included."""
    return b"\n".join(file.read_bytes() for file in sorted(platform.logs.glob("*.log*")))


async def traces(zipkin: str) -> bytes:
    """Every span of every service, and the list of their names."""
    now_ms = int(time.time() * 1000)
    pages: list[bytes] = []
    async with httpx.AsyncClient(base_url=zipkin, timeout=60, trust_env=False) as client:
        for service in ("gateway", *SERVICES):
            params = {
                "serviceName": service,
                "limit": "20000",
                "lookback": str(DAY_MS),
                "endTs": str(now_ms),
            }
            pages.append(
                (await client.get("/api/v2/traces", params=params)).raise_for_status().content
            )
            named = {"serviceName": service}
            pages.append(
                (await client.get("/api/v2/spans", params=named)).raise_for_status().content
            )
    return b"\n".join(pages)


async def metrics(platform: WholePlatform) -> bytes:
    """Of the services and the gateway."""
    admin = f"http://127.0.0.1:{platform.ports.envoy_admin}"
    urls = [f"{platform.service_url(service)}/metrics" for service in SERVICES]
    urls += [f"{admin}/stats?format=text", f"{admin}/stats/prometheus", f"{admin}/clusters"]
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
        return b"\n".join([(await client.get(url)).raise_for_status().content for url in urls])
