"""One account's flood is refused in words; other people, repeats and danger are not."""

import asyncio
import secrets
from io import BytesIO

import pytest
from PIL import Image

from services.incidents.policy import POLICIES
from services.incidents.tests.reports import START
from services.incidents.tests.running import PLACE, Incidents, person, post, report, upload

pytestmark = pytest.mark.servers
MOST = POLICIES.at(START).max_reports_per_ten_minutes


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_flood_is_refused_and_told(incidents: Incidents, anonymous: bool) -> None:
    async with incidents.client(person()) as own, incidents.client(person()) as other:
        body, key = report("路灯坏了", anonymous=anonymous), secrets.token_hex(8)
        first = await post(own, "/reports", body, 201, key)
        lamps = [report(f"{n}号路灯坏了", anonymous=anonymous) for n in range(25)]
        answers = await asyncio.gather(*(own.post("/reports", json=lamp) for lamp in lamps))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201] * (MOST - 1) + [429] * (26 - MOST)
        refused = next(answer for answer in answers if answer.status_code == 429)
        problem = refused.json()
        assert problem["type"] == "urn:problem:too_many_reports"
        assert 0 < int(refused.headers["retry-after"]) <= 600
        assert "110" in problem["title"]
        assert "补充说明" in problem["title"]
        repeated = await post(own, "/reports", body, 201, key)
        assert repeated["id"] == first["id"]
        await post(own, "/reports", report("有人拿着菜刀追人", anonymous=anonymous), 201)
        await post(other, "/reports", body, 201)


async def test_anonymous_reports_count_with_the_others(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        for n in range(MOST):
            await post(own, "/reports", report(f"{n}号路灯坏了", anonymous=n % 2 == 0), 201)
        for anonymous in (False, True):
            await post(own, "/reports", report("路灯坏了", anonymous=anonymous), 429)


async def test_a_photo_says_enough(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        for text in ("\u200b", "!!!", ""):
            problem = await post(own, "/reports", report(text), 422)
            assert problem["type"] == "urn:problem:text_empty"
            assert [(e["field"], "照片" in e["problem"]) for e in problem["errors"]] == [
                ("body.text", True)
            ]
        picture = BytesIO()
        Image.new("RGB", (30, 30), (0, 90, 200)).save(picture, "JPEG")
        photo = (await upload(own, picture.getvalue())).json()["id"]
        filed = await post(own, "/reports", {"location": PLACE, "photo": photo}, 201)
        assert (filed["text"], filed["state"], filed["triage"]) == ("", "filed", "normal")
