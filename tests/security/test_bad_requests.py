"""A bad request is a problem document that names the field and what would be right; nothing is
stored."""

import json
import secrets
from typing import Any

import httpx
import pytest

from tests.journeys.station import Station
from tests.security.problems import assert_problem
from tests.support.client import API
from tests.support.early_answer import post_listening
from tests.support.phone import Phone

LONG = "x" * 2001


async def report_count(phone: Phone) -> int:
    return len((await phone.person.get("reports", mine=True))["items"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": {"$ne": None}}, "body.text"),
        ({"text": ""}, "body.text"),
        ({"text": LONG}, "body.text"),
        ({"text": ...}, "body.text"),
        ({"category": {"$gt": ""}}, "body.category"),
        ({"category": "party"}, "body.category"),
        ({"location": None}, "body.location"),
        ({"location": {"longitude": {"$ne": 0}, "latitude": 36.67}}, "body.location.longitude"),
        ({"location": {"longitude": 116.94, "latitude": 1e999}}, "body.location.latitude"),
        ({"location": {"longitude": 121.47, "latitude": 31.23, "datum": "wgs84"}}, "location"),
        (
            {"location": {"longitude": 116.94, "latitude": 36.67, "datum": "mars"}},
            "body.location.datum",
        ),
        ({"community": "1"}, "body.community"),
        ({"community": {"$regex": ".*"}}, "body.community"),
        ({"people_needed": 10**30}, "body.people_needed"),
        ({"photo": {"$ne": 1}}, "body.photo"),
        ({"reporter": "acc_somebody_else"}, "body.reporter"),
    ],
)
async def test_a_wrong_field_of_a_report_is_named_and_nothing_is_stored(
    station: Station, web: httpx.AsyncClient, somebody: Phone, change: dict[str, Any], field: str
):
    before = await report_count(somebody)
    body = {
        key: value for key, value in (station.report_body() | change).items() if value is not ...
    }
    raw = json.dumps(body)  # Infinity is not JSON, but some clients send it
    headers = await somebody.person.headers() | {"Content-Type": "application/json"}
    assert_problem(await web.post(f"{API}/reports", content=raw, headers=headers), 422, field)
    assert await report_count(somebody) == before


@pytest.mark.parametrize(
    "body", [b"NaN", b"{", b"[]", b"\xff\xfe", b'{"text": NaN}', b"[" * 60_000, b""]
)
async def test_a_body_that_is_not_a_json_object_is_refused(
    web: httpx.AsyncClient, somebody: Phone, body: bytes
):
    headers = await somebody.person.headers() | {"Content-Type": "application/json"}
    assert_problem(
        await web.post(f"{API}/reports", content=body, headers=headers), (400, 422), "body"
    )


def position(longitude: str, at: str = "2026-03-05T08:00:00Z") -> str:
    return f'{{"longitude": {longitude}, "latitude": 36.67, "at": "{at}"}}'


@pytest.mark.parametrize(
    ("positions", "field"),
    [
        (position("NaN"), "longitude"),
        (position("1e400"), "longitude"),
        (position("116.94", "yesterday"), "at"),
        ("", "positions"),
        (",".join([position("116.94")] * 51), "positions"),
    ],
)
async def test_invalid_or_too_many_positions_are_refused(
    web: httpx.AsyncClient, volunteer: Phone, positions: str, field: str
):
    headers = await volunteer.person.headers() | {"Content-Type": "application/json"}
    assert_problem(
        await web.post(
            f"{API}/positions", content=f'{{"positions": [{positions}]}}', headers=headers
        ),
        422,
        field,
    )


async def test_duty_outside_jinan_is_refused(web: httpx.AsyncClient, volunteer: Phone):
    body = {"location": {"longitude": 121.47, "latitude": 31.23}}
    headers = await volunteer.person.headers()
    assert_problem(await web.post(f"{API}/duty/start", json=body, headers=headers), 422, "location")


async def test_a_body_of_10_mb_is_refused_before_it_is_read(
    web: httpx.AsyncClient, somebody: Phone
):
    body = b'{"text": "' + b"x" * 10_000_000 + b'"}'
    headers = await somebody.person.headers() | {"Content-Type": "application/json"}
    url = str(web.base_url.join(f"{API}/reports"))
    assert_problem(await post_listening(url, body, headers), 413, "body")


async def test_who_sends_a_photo_of_12_mb_reads_that_it_is_too_large(
    web: httpx.AsyncClient, somebody: Phone
):
    """Also on a phone that reads nothing before it has sent everything."""
    headers = await somebody.person.headers() | {
        "Content-Type": "image/jpeg",
        "Idempotency-Key": secrets.token_hex(8),
    }
    answer = await web.post(f"{API}/photos", content=b"x" * 12_000_000, headers=headers)
    assert_problem(answer, 413, "body")


async def test_a_photo_that_is_not_an_image_is_refused(web: httpx.AsyncClient, somebody: Phone):
    headers = await somebody.person.headers() | {
        "Content-Type": "image/jpeg",
        "Idempotency-Key": secrets.token_hex(8),
    }
    assert_problem(
        await web.post(f"{API}/photos", content=b"#!/bin/sh\n", headers=headers), (415, 422)
    )


@pytest.mark.parametrize("phone", ["12", "not a phone", {"$ne": None}, "1" * 40, None])
async def test_an_invalid_phone_number_is_named(web: httpx.AsyncClient, phone: Any):
    assert_problem(await web.post(f"{API}/sign-in-codes", json={"phone": phone}), 422, "phone")


async def test_an_invalid_idempotency_key_is_named(
    station: Station, web: httpx.AsyncClient, somebody: Phone
):
    headers = await somebody.person.headers() | {"Idempotency-Key": "short"}
    assert_problem(
        await web.post(f"{API}/reports", json=station.report_body(), headers=headers),
        422,
        "Idempotency-Key",
    )


@pytest.mark.parametrize("path", ["reports", "inbox"])
async def test_an_invented_cursor_is_refused(web: httpx.AsyncClient, somebody: Phone, path: str):
    for cursor in ("x" * 199, "$ne", "W10="):
        params = {"cursor": cursor} | ({"mine": "true"} if path == "reports" else {})
        assert_problem(
            await web.get(f"{API}/{path}", params=params, headers=await somebody.person.headers()),
            422,
            "cursor",
        )


async def test_an_unknown_resource_is_a_problem_document(web: httpx.AsyncClient, somebody: Phone):
    headers = await somebody.person.headers()
    for path in (
        "reports/rep_00",
        "callouts/cal_00",
        "nothing",
        "reports/%24ne",
        "follow-ups/%2e%2e",
    ):
        assert_problem(await web.get(f"{API}/{path}", headers=headers), (400, 403, 404, 422))


async def test_nobody_can_route_violence_to_volunteers(
    station: Station, web: httpx.AsyncClient, somebody: Phone
):
    officer = await station.somebody("officer")
    report = await somebody.person.post(
        "reports", station.report_body("violence", text="有人拿着钢管打人")
    )
    assert report["route"] == "police"
    assert "110" in report["advice"]["zh"]
    body = {"route": "volunteers", "reason": "人手不够"}
    headers = await officer.person.headers()
    assert_problem(
        await web.post(f"{API}/reports/{report['id']}/route", json=body, headers=headers),
        422,
        "route",
    )
