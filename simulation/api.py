"""A client of the gateway, as the app on a phone is one: sign-in, retried requests, the open
stream."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import httpx

Json = dict[str, Any]
_ATTEMPTS = 8
_PAUSE = 0.2  # seconds before the second attempt, doubled each time
_MAX_PAUSE = 5.0


class Refused(Exception):
    """The platform refused: `status`, and the code of its problem document
    (`urn:problem:<code>`)."""

    def __init__(self, request: str, status: int, document: Json) -> None:
        self.status = status
        self.code = str(document.get("type", "")).rpartition(":")[2]
        self.document = document
        fields = ", ".join(str(entry.get("field")) for entry in document.get("errors", []))
        super().__init__(f"{request}: {status} {self.code} {fields}".strip())


class Unavailable(Exception):
    """The platform did not answer in any attempt."""


class StreamEvent(NamedTuple):
    """One message of the open stream; `id` is what `Last-Event-ID` takes."""

    kind: str
    id: str
    message: Json


class Api:
    """The gateway at `url`, without a person. Requests time out after `timeout` seconds and are
    retried while the platform is busy."""

    def __init__(self, url: str, dev_key: str, timeout: float = 15.0) -> None:
        self.url, self._dev_key = url.rstrip("/"), dev_key
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=400)
        self.http = httpx.AsyncClient(base_url=self.url, timeout=timeout, limits=limits)

    async def close(self) -> None:
        await self.http.aclose()

    async def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any
    ) -> Any:
        """The answer's JSON, None if it has no body. Raises like `request`."""
        answer = await self.request(method, path, headers, **request)
        return answer.json() if answer.content else None

    async def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        """All attempts of a POST carry the same Idempotency-Key.

        Raises Refused for a 4xx answer, Unavailable when all attempts failed.
        """
        sent = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
        sent |= headers or {}
        pause, why = _PAUSE, ""
        for _ in range(_ATTEMPTS):
            try:
                answer = await self.http.request(method, f"/api/v1/{path}", headers=sent, **request)
            except httpx.TransportError as error:
                why, wait = type(error).__name__, pause
            else:
                if answer.status_code < 400:
                    return answer
                if answer.status_code not in (429, 500, 502, 503, 504):
                    raise Refused(f"{method} {path}", answer.status_code, _document(answer))
                why = f"{answer.status_code} {_document(answer).get('type', '')}"
                wait = float(answer.headers.get("Retry-After", pause))
            await asyncio.sleep(min(wait, _MAX_PAUSE))
            pause *= 2
        raise Unavailable(f"{method} {path}: {why}")

    async def sign_in_code(self, phone: str) -> str:
        """Requests a code and reads it where the platform shows it to developers."""
        await self.send("POST", "sign-in-codes", json={"phone": phone})
        sent = await self.send(
            "GET", "dev/messages", {"X-Dev-Key": self._dev_key}, params={"phone": phone}
        )
        return str(sent["items"][0]["code"])

    async def sign_in(self, phone: str) -> "Person":
        """With the code that `sign_in_code` reads."""
        code = await self.sign_in_code(phone)
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
    """Somebody signed in. The access token is renewed before it expires."""

    def __init__(self, api: Api, phone: str, session: Json) -> None:
        self.api, self.phone = api, phone
        self.id = str(session["account"]["id"])
        self._renewing = asyncio.Lock()
        self._take(session)

    def _take(self, session: Json) -> None:
        self.token, self.refresh_token = str(session["access_token"]), str(session["refresh_token"])
        self._renew_at = time.monotonic() + float(session["expires_in_s"]) - 60

    async def headers(self) -> dict[str, str]:
        async with self._renewing:
            if time.monotonic() > self._renew_at:
                self._take(
                    await self.api.send(
                        "POST", "sessions/refresh", json={"refresh_token": self.refresh_token}
                    )
                )
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **params: Any) -> Any:
        return await self.api.send("GET", path, await self.headers(), params=params)

    async def post(self, path: str, body: Json | None = None, key: str | None = None) -> Any:
        """`key`: the Idempotency-Key, for what must happen once even if the caller repeats it."""
        headers = await self.headers() | ({"Idempotency-Key": key} if key else {})
        return await self.api.send("POST", path, headers, json=body or {})

    async def post_traced(self, path: str, body: Json, key: str) -> tuple[Any, str]:
        """Like `post`; also returns the id of the trace that the gateway started."""
        headers = await self.headers() | {"Idempotency-Key": key}
        answer = await self.api.request("POST", path, headers, json=body)
        return answer.json(), answer.headers.get("X-Trace-Id", "")

    async def stream(self, opened: asyncio.Event | None = None) -> AsyncGenerator[StreamEvent]:
        """Messages as they arrive, until closed. A broken connection is resumed.

        `opened` is set once the platform has accepted the stream: nothing is missed from then on.
        """
        last = ""
        while True:
            headers = await self.headers() | ({"Last-Event-ID": last} if last else {})
            timeout = httpx.Timeout(10, read=60)
            try:
                async with self.api.http.stream(
                    "GET", "/api/v1/stream", headers=headers, timeout=timeout
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
                pass  # reconnects below, after the last message received
            await asyncio.sleep(0.5)


async def _events(answer: httpx.Response) -> AsyncGenerator[StreamEvent]:
    """Server-sent events as the WHATWG defines them: a blank line ends one. One without data only
    advances the id."""
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
