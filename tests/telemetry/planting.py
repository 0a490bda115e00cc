"""Sends canaries wherever a caller can send a value: in valid requests and in refused ones."""

from collections.abc import Iterator
from typing import Any

import httpx

from tests.journeys.station import Station
from tests.support.client import API, STREAM, Json
from tests.support.demonstration import COMMUNITY
from tests.support.routes import documented, openapi
from tests.telemetry.canaries import Canaries

ENDS_OWN_SESSION = "/api/v1/sessions/current"


async def in_stored_values(station: Station, planted: Canaries) -> str:
    """In valid values that are stored. Returns a report's id."""
    person = await station.api.sign_in(planted.phone)
    headers = await person.headers()
    await station.api.send("PATCH", "accounts/me", headers, json={"name": planted.name})
    officer = (await station.somebody("officer")).person
    application = {
        "station": station.id,
        "area": COMMUNITY,
        "name": planted.name,
        "id_number": planted.id_number,
        "skills": ["mediation"],
    }
    await person.post("volunteers", application, key=f"{planted.word}-application")
    await officer.get(f"volunteers/{person.id}")
    await officer.post(
        f"volunteers/{person.id}/proposals", {"what": "approve", "reason": planted.reason}
    )
    await officer.post(f"volunteers/{person.id}/approve")
    text = f"{planted.text} 电话{planted.phone} 住{planted.address}"
    report = await person.post(
        "reports", station.report_body("assistance", text=text), key=f"{planted.word}-report"
    )
    await person.post(f"reports/{report['id']}/notes", {"text": planted.note})
    for verb, body in (
        ("route", {"route": "police", "reason": planted.reason}),
        ("acknowledge", {}),
        ("close", {"outcome": "solved", "note": planted.note}),
    ):
        await officer.post(f"reports/{report['id']}/{verb}", body)
    await person.post(f"reports/{report['id']}/reopen", {"reason": planted.reason})
    await officer.post(f"volunteers/{person.id}/suspend", {"reason": planted.reason})
    return report["id"]


async def in_follow_ups(station: Station, web: httpx.AsyncClient, planted: Canaries) -> None:
    """By number and key, which are canaries from then on."""
    body = station.report_body(text=planted.text, anonymous=True)
    filed = (
        (await web.post(f"{API}/reports", json=body, headers=planted.headers))
        .raise_for_status()
        .json()
    )
    number, key = filed["number"], filed["follow_up_key"]
    planted.learned += [number, key]
    path = f"{API}/follow-ups/{number}"
    for given in (key, planted.word):
        await web.post(f"{path}/confirm", json={"key": given}, headers=planted.headers)
    await web.get(path, headers=planted.headers)
    (
        await web.post(f"{path}/withdraw", json={"key": key, "reason": planted.reason})
    ).raise_for_status()


async def in_every_parameter(
    web: httpx.AsyncClient, planted: Canaries, headers: dict[str, str]
) -> int:
    """And in each field of each operation: signed in, with a bad token and without one. Returns how
    many requests were sent."""
    sent = 0
    for method, path, query, body in _requests(planted):
        for authorization in (headers, {"Authorization": f"Bearer {planted.word}"}, {}):
            sending = web.stream(
                method, path, params=query, json=body, headers=planted.headers | authorization
            )
            async with sending as answer:
                assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
                sent += 1
    return sent


def _requests(planted: Canaries) -> Iterator[tuple[str, str, Json, Any]]:
    for service, method, path, operation in documented():
        if path == ENDS_OWN_SESSION:
            continue
        parameters = operation.get("parameters", [])
        query = {p["name"] for p in parameters if p["in"] == "query"}
        if path == STREAM:
            query.add("access_token")  # the gateway's own: the services do not document it
        fields = _fields(service, operation)
        for word, value in zip(
            (planted.phone, planted.name, planted.word), planted.anything(), strict=True
        ):
            place = path
            for name in (p["name"] for p in parameters if p["in"] == "path"):
                place = place.replace(f"{{{name}}}", word)
            body = dict.fromkeys(fields, value) | {planted.word: value} if fields else None
            yield method, place, dict.fromkeys(query | {planted.word}, word), body


def _fields(service: str, operation: Json) -> list[str]:
    schema = (
        operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
    )
    name = schema.get("$ref", "").rpartition("/")[2]
    return list(openapi(service)["components"]["schemas"].get(name, {}).get("properties", {}))


async def in_malformed_requests(
    web: httpx.AsyncClient, planted: Canaries, services: list[str]
) -> None:
    """Unknown paths and methods, unknown content types, too large bodies; at the gateway and behind
    it."""
    long = f'{{"text": "{planted.text}{"x" * 7_000_000}"}}'
    for url in (str(web.base_url).rstrip("/"), *services):
        headers = planted.headers
        if url in services:  # they trust the gateway's trace
            del headers["traceparent"]
        for path in (
            planted.phone,
            f"{API}/{planted.name}",
            f"{API}/reports/{planted.phone}/{planted.word}",
            "docs/x",
        ):
            await web.get(f"{url}/{path.lstrip('/')}", headers=headers)
        await web.request(planted.method, f"{url}{API}/reports", headers=headers)
        kind = headers | {"Content-Type": f"text/{planted.word}"}
        await web.post(f"{url}{API}/reports", content=planted.text.encode(), headers=kind)
        try:
            await web.post(f"{url}{API}/reports", content=long.encode(), headers=headers)
        except httpx.TransportError:
            continue  # the connection was closed: a refusal too
