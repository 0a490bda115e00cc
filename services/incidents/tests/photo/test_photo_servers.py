"""Photos on a real MongoDB: uploaded once, claimed by one report."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from io import BytesIO

import httpx
import pytest
from PIL import Image

from services.incidents.photo.domain import MAX_BYTES
from services.incidents.photo.intake import Intake
from services.incidents.tests.photo.pictures import case
from services.incidents.tests.running import (
    Incidents,
    address,
    fields,
    person,
    post,
    report,
    upload,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


async def test_a_photo_belongs_to_one_report(incidents: Incidents) -> None:
    picture = BytesIO()
    Image.new("RGB", (30, 30), (0, 90, 200)).save(picture, "JPEG")
    async with incidents.client(person()) as own, incidents.client(person()) as other:
        photo = (await upload(own, picture.getvalue())).json()["id"]
        filed = await post(own, "/reports", report(photo=photo), 201)
        shown = await own.get(f"/reports/{filed['id']}/photo")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert (await other.get(f"/reports/{filed['id']}/photo")).status_code == 404
        assert fields(await post(other, "/reports", report(photo=photo), 422)) == ["body.photo"]
        stored = await incidents.service.store.database["photos"].find_one({"_id": photo})
        assert stored is not None
        assert stored["expires_at"] is None
        assert fields((await upload(own, b"GIF89a")).json()) == ["body"]
        assert (await upload(own, bytes(5 * 1024 * 1024 + 1))).status_code == 413
        assert (await upload(own, bytes(10 * 1024 * 1024))).status_code == 413


async def test_a_photo_sent_again_is_the_same_one(incidents: Incidents) -> None:
    first, second = BytesIO(), BytesIO()
    Image.new("RGB", (20, 20), (0, 90, 200)).save(first, "PNG")
    Image.new("RGB", (20, 20), (200, 90, 0)).save(second, "PNG")
    async with incidents.client(person()) as own:
        key = secrets.token_hex(8)
        photo = await upload(own, first.getvalue(), key)
        assert photo.status_code == 201
        assert (await upload(own, first.getvalue(), key)).json() == photo.json()
        reused = await upload(own, second.getvalue(), key)
        assert (reused.status_code, fields(reused.json())) == (422, ["header.Idempotency-Key"])
        without = await own.post("/photos", content=first.getvalue())
        assert (without.status_code, fields(without.json())) == (422, ["header.Idempotency-Key"])


async def test_cases_from_the_field_are_taken(incidents: Incidents) -> None:
    async with incidents.client() as stranger:
        for name in ("exif_width_as_ascii.jpg", "gray16_gradient.png", "jpeg_without_eoi.jpg"):
            answer = await upload(stranger, case(name))
            assert answer.status_code == 201, name


async def test_uploads_wait_in_a_room_that_is_never_overfull(incidents: Incidents) -> None:
    """Unfinished ones of one address take a part of it. The next is answered before it is read,
    and what takes a place gives it back, however it ends."""
    intake = incidents.service.app.state.provided[Intake]
    async with AsyncExitStack() as held, incidents.client() as stranger:
        for _ in range(4):
            await held.enter_async_context(_unfinished(incidents))

        async def all_in_hand() -> bool:
            return intake.in_hand == 4 * MAX_BYTES

        await eventually(all_in_hand)
        full = await upload(stranger, case("gray16_gradient.png"))
        assert (full.status_code, full.headers["retry-after"]) == (503, "5")
        assert full.json()["type"] == "urn:problem:uploads_full"
        assert "先提交不带照片的报告" in full.json()["title"]
        filed = await post(stranger, "/reports", report(anonymous=True), 201)
        assert filed["number"], "photos that wait stop no report"
        await held.aclose()

        async def empty() -> bool:
            return intake.in_hand == 0

        await eventually(empty)
        assert (await upload(stranger, case("gray16_gradient.png"))).status_code == 201
        assert intake.in_hand == 0


@asynccontextmanager
async def _unfinished(incidents: Incidents) -> AsyncGenerator[None]:
    """An upload that says it will send all that is allowed, and sends a part."""
    url = httpx.URL(incidents.url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    try:
        head = f"POST /api/v1/photos HTTP/1.1\r\nhost: x\r\ncontent-length: {MAX_BYTES}\r\n"
        writer.write(head.encode() + b"idempotency-key: 12345678\r\n\r\n" + bytes(1000))
        await writer.drain()
        yield
    finally:
        writer.transport.abort()


async def test_one_address_uploads_so_many_photos(incidents: Incidents) -> None:
    picture = BytesIO()
    Image.new("RGB", (20, 20), (0, 90, 200)).save(picture, "PNG")
    async with incidents.nobody(address()) as flood, incidents.nobody(address()) as neighbour:
        answers = await asyncio.gather(*(upload(flood, picture.getvalue()) for _ in range(12)))
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(201), statuses.count(429)) == (5, 7)
        assert (await upload(neighbour, picture.getvalue())).status_code == 201
