"""The one client of the tests: the simulation's, with what only tests need."""

import itertools
import secrets
from typing import Any

import httpx

from simulation.api import Api as Api
from simulation.api import Json as Json
from simulation.api import Person as Person
from simulation.api import Refused as Refused
from simulation.api import StreamEvent as StreamEvent
from tests.support.waiting import eventually

API = "/api/v1"
STREAM = f"{API}/stream"
_numbers = itertools.count(secrets.randbelow(90_000))


def new_phone() -> str:
    """A number that is assigned to nobody, and that no test has used. The only maker of numbers
    for tests on a platform: two makers would meet, once in a while."""
    return f"120009{next(_numbers) % 100_000:05d}"


async def ask(
    api: Api, who: Person | None, method: str, path: str, **request: Any
) -> httpx.Response:
    """The answer of a single request, whatever its status. `path` is below `/api/v1/`.

    A POST has a new Idempotency-Key unless `headers` have one.
    """
    headers = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
    headers |= (await who.headers() if who else {}) | request.pop("headers", {})
    return await api.http.request(method, f"{API}/{path}", headers=headers, **request)


async def renewed(who: Person) -> Person:
    """The same session with a new token: it has ten minutes, and the grants of now."""
    body = {"refresh_token": who.refresh_token}
    return Person(who.api, who.phone, await who.api.send("POST", "sessions/refresh", json=body))


async def appoint(desk: Person, second: Person, account: str, role: str, area: str) -> None:
    """A strong role takes two people: the city desk proposes it, an officer of the city
    confirms."""
    body = {"account": account, "role": role, "area": area, "reason": "接替值班民警"}
    proposal = await desk.post("grant-proposals", body)
    await second.post(f"grant-proposals/{proposal['id']}/confirm")


async def sent_codes(api: Api, dev_key: str, phone: str) -> list[str]:
    """The sign-in codes that were sent to a phone, as a developer reads them."""
    headers = {"X-Dev-Key": dev_key}
    page = await api.send("GET", "dev/messages", headers, params={"phone": phone})
    return [message["code"] for message in page["items"]]


async def upload_photo(who: Person, photo: bytes) -> str:
    """The photo's id."""
    headers = await who.headers() | {"Content-Type": "image/png"}
    return (await who.api.send("POST", "photos", headers, content=photo))["id"]


async def start_duty(volunteer: Person, place: Json) -> None:
    """As soon as dispatch knows the volunteer, which it learns by events."""

    async def started() -> bool:
        try:
            await volunteer.post("duty/start", {"location": place})
        except Refused as refused:
            if refused.code != "not_a_volunteer":
                raise
            return False
        return True

    await eventually(started, what="on duty", within=60)
