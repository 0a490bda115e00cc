"""Photos on a real MongoDB: uploaded once, claimed by one report."""

import asyncio
import secrets
from io import BytesIO

import pytest
from PIL import Image

from services.incidents.tests.running import (
    Incidents,
    address,
    fields,
    person,
    post,
    report,
    upload,
)

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


async def test_one_address_uploads_so_many_photos(incidents: Incidents) -> None:
    picture = BytesIO()
    Image.new("RGB", (20, 20), (0, 90, 200)).save(picture, "PNG")
    async with incidents.nobody(address()) as flood, incidents.nobody(address()) as neighbour:
        answers = await asyncio.gather(*(upload(flood, picture.getvalue()) for _ in range(12)))
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(201), statuses.count(429)) == (5, 7)
        assert (await upload(neighbour, picture.getvalue())).status_code == 201
