"""The platform as an app on a phone sees it: sign-in, requests that may be repeated, and the open
stream."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import httpx

Json = dict[str, Any]
_TRIES = 8
_PAUSE = 0.2  # seconds before a second try, doubled each time
_LONGEST_PAUSE = 5.0


class Refused(Exception):
    """The platform said no: `status`, and the code of its problem document
    (`urn:problem:<code>`)."""

    def __init__(self, request: str, status: int, document: Json) -> None:
        self.status = status
        self.code = str(document.get("type", "")).rpartition(":")[2]
        self.document = document
        fields = ", ".join(str(entry.get("field")) for entry in document.get("errors", []))
        super().__init__(f"{request}: {status} {self.code} {fields}".strip())


class Away(Exception):
    """The platform did not answer, try after try."""


class StreamEvent(NamedTuple):
    """One message of the open stream: its kind, its id for `Last-Event-ID`, and the message
    itself."""

    kind: str
    id: str
    message: Json


class Api:
    """The gateway at `url`, without a person. Requests have a time limit and are repeated when the
    platform is busy."""

    def __init__(self, url: str, dev_key: str, timeout: float = 15.0) -> None:
        self.url, self._dev_key = url.rstrip("/"), dev_key
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=400)
        self.http = httpx.AsyncClient(base_url=self.url, timeout=timeout, limits=limits)

    async def close(self) -> None:
        await self.http.aclose()

    async def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any
    ) -> Any:
        """The answer's JSON, None if it has none. Raises like `request`."""
        answer = await self.request(method, path, headers, **request)
        return answer.json() if answer.content else None

    async def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        """Every try of a POST carries the same Idempotency-Key.

        Raises Refused for what is refused and Away when nothing comes of all tries.
        """
        sent = {"Idempotency-Key": secrets.token_hex(12)} if method == "POST" else {}
        sent |= headers or {}
        pause, why = _PAUSE, ""
        for _ in range(_TRIES):
            try:
                answer = await self.http.request(method, f"/api/v1/{path}", headers=sent, **request)
            except httpx.TransportError as error:
                why, wait = type(error).__name__, pause
            else:
                if answer.status_code < 400:
                    return answer
                if answer.status_code not in (429, 500, 502, 503, 504):
                    raise Refused(f"{method} {path}", answer.status_code, _document(answer))
                why, wait = str(answer.status_code), float(answer.headers.get("Retry-After", pause))
            await asyncio.sleep(min(wait, _LONGEST_PAUSE))
            pause *= 2
        raise Away(f"{method} {path}: {why}")

    async def sign_in(self, phone: str) -> "Person":
        """By the code that the local SMS end shows to the developer."""
        await self.send("POST", "sign-in-codes", json={"phone": phone})
        shown = await self.send(
            "GET", "dev/messages", {"X-Dev-Key": self._dev_key}, params={"phone": phone}
        )
        code = shown["items"][0]["code"]
        return Person(
            self, phone, await self.send("POST", "sessions", json={"phone": phone, "code": code})
        )


def _document(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Person:
    """Somebody signed in. The access token is renewed before it ends."""

    def __init__(self, api: Api, phone: str, session: Json) -> None:
        self.api, self.phone = api, phone
        self.id = str(session["account"]["id"])
        self._renewing = asyncio.Lock()
        self._take(session)

    def _take(self, session: Json) -> None:
        self.token, self.refresh_token = str(session["access_token"]), str(session["refresh_token"])
        self._good_until = time.monotonic() + float(session["expires_in_s"]) - 60

    async def headers(self) -> dict[str, str]:
        async with self._renewing:
            if time.monotonic() > self._good_until:
                self._take(
                    await self.api.send(
                        "POST", "sessions/refresh", json={"refresh_token": self.refresh_token}
                    )
                )
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **params: Any) -> Any:
        return await self.api.send("GET", path, await self.headers(), params=params)

    async def post(self, path: str, body: Json | None = None, key: str | None = None) -> Any:
        """`key`: an Idempotency-Key of one's own, for what must happen once whatever is
        repeated."""
        headers = await self.headers() | ({"Idempotency-Key": key} if key else {})
        return await self.api.send("POST", path, headers, json=body or {})

    async def post_traced(self, path: str, body: Json, key: str) -> tuple[Any, str]:
        """As `post`, with the id of the trace that the gateway began."""
        headers = await self.headers() | {"Idempotency-Key": key}
        answer = await self.api.request("POST", path, headers, json=body)
        return answer.json(), answer.headers.get("X-Trace-Id", "")

    async def stream(self, opened: asyncio.Event | None = None) -> AsyncGenerator[StreamEvent]:
        """Messages as they come, until closed. A broken connection is taken up where it ended.

        `opened` is set once the platform has taken the stream on: from then on nothing is missed.
        """
        last = ""
        while True:
            headers = await self.headers() | ({"Last-Event-ID": last} if last else {})
            patience = httpx.Timeout(10, read=60)
            try:
                async with self.api.http.stream(
                    "GET", "/api/v1/stream", headers=headers, timeout=patience
                ) as answer:
                    if answer.status_code == 200:
                        if opened is not None:
                            opened.set()
                        async for event in _events(answer):
                            last = event.id or last
                            if event.message:
                                yield event
                    elif answer.status_code in (401, 403, 404):
                        raise Refused("GET stream", answer.status_code, {})
            except httpx.TransportError:
                pass  # taken up below, from the last message seen
            await asyncio.sleep(0.5)


async def _events(answer: httpx.Response) -> AsyncGenerator[StreamEvent]:
    """Server-sent events by the WHATWG's rules: a blank line ends one. One without data only moves
    the position."""
    kind, id, data = "message", "", list[str]()
    async for line in answer.aiter_lines():
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                kind = value
            elif field == "id":
                id = value
            elif field == "data":
                data.append(value)
            continue
        if data or id:
            yield StreamEvent(kind, id, json.loads("\n".join(data)) if data else {})
        kind, data = "message", []
