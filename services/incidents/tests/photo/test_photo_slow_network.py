"""A photo over a slow network, through the real gateway to the real service: time limits count
silence, not duration.

A photo of 2.4 MB at 40 kB/s takes 60 s, and was refused. Here everything is `FASTER`: the sender,
the gateway's limits, and the service's for photos, so that the upload takes 12 s and is longer than
each of them: the gateway's silence (30 s), its time for an answer (15 s) and for bodies that it
reads whole (60 s), and the service's for a part of a photo (25 s). The service's limit for other
requests (10 s) is the real one. What may last longer is the whole: 300 and 280 s.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from deploy.gateway.plan import Limits
from deploy.gateway.tests.stand import Stand, standing
from deploy.local.ports import HOST
from services.incidents.photo.api import RULES
from services.incidents.tests.running import Incidents

pytestmark = pytest.mark.servers
FASTER = 6
SIZE, BYTES_A_SECOND = 2_400_000, 40_000 * FASTER
USUAL = Limits()
FAST = replace(
    USUAL,
    silence=USUAL.silence // FASTER,
    timeout=USUAL.silence // FASTER,  # the answer itself takes its time on a busy machine
    write=USUAL.write // FASTER,
    duration=USUAL.duration // FASTER,
)


def photo() -> bytes:
    """A small picture with the metadata of a large one: quick to decode."""
    made = BytesIO()
    Image.new("RGB", (60, 60), (0, 90, 200)).save(made, "JPEG")
    start, rest = made.getvalue()[:2], made.getvalue()[2:]
    segment = b"\xff\xfe\xff\xff" + bytes(0xFFFF - 2)  # a comment of 64 KiB
    segments = segment * ((SIZE - len(start + rest)) // len(segment))
    return (start + segments + rest).ljust(SIZE, b"\0")


@pytest.fixture
async def gateway(
    incidents: Incidents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Stand]:
    """In front of the running service."""
    fast = replace(
        RULES, seconds=RULES.seconds / FASTER, total_seconds=RULES.total_seconds / FASTER
    )
    monkeypatch.setattr("services.incidents.photo.api.RULES", fast)
    port = httpx.URL(incidents.url).port
    assert port is not None
    with ExitStack() as stack:
        entering = standing(tmp_path, FAST, real={"incidents": port})
        yield await asyncio.to_thread(stack.enter_context, entering)
        await asyncio.to_thread(stack.close)


async def steadily(content: bytes, pause: float) -> AsyncIterator[bytes]:
    """At the network's speed, with one `pause` of so many seconds in the middle."""
    loop = asyncio.get_running_loop()
    piece, began = BYTES_A_SECOND // 20, loop.time()
    for n in range(0, len(content), piece):
        paused = pause if n >= len(content) // 2 else 0
        await asyncio.sleep(began + n / BYTES_A_SECOND + paused - loop.time())
        yield content[n : n + piece]


async def answer_to_silence(gateway: Stand, content: bytes) -> bytes:
    """Half of it comes, and then nothing more. The answer, by a sender that reads it meanwhile."""
    head = f"POST /api/v1/photos HTTP/1.1\r\nhost: x\r\ncontent-length: {len(content)}\r\n"
    reader, writer = await asyncio.open_connection(HOST, gateway.ports.gateway)
    try:
        writer.write(head.encode() + b"idempotency-key: stands-still\r\n\r\n")
        writer.write(content[: len(content) // 2])
        await writer.drain()
        async with asyncio.timeout(15):
            return await reader.read()
    finally:
        writer.transport.abort()


async def test_a_photo_that_never_stands_still_arrives_however_long_it_takes(gateway: Stand):
    """With a pause of 15 s in it, in a dead spot. Beside it, one who stands still is told so."""
    content = photo()
    headers = {
        "Content-Length": str(len(content)),
        "Content-Type": "image/jpeg",
        "Idempotency-Key": "slow-but-steady",
    }
    url = f"{gateway.http.base_url}/api/v1/photos"
    async with httpx.AsyncClient(timeout=30) as phone:
        loop = asyncio.get_running_loop()
        began = loop.time()
        steady, silent = await asyncio.gather(
            phone.post(url, content=steadily(content, 15 / FASTER), headers=headers),
            answer_to_silence(gateway, content),
        )
        took = loop.time() - began
    assert steady.status_code == 201, steady.text
    limits = (FAST.silence, FAST.timeout, FAST.write, RULES.seconds / FASTER, 10)
    assert took > max(limits), "it was longer than whatever would have refused it"
    assert silent.startswith(b"HTTP/1.1 408 ")
    assert b"urn:problem:too_slow" in silent
