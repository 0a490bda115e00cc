"""Limits, metrics, span and log id of each request. Pure ASGI, because it is cheap."""

import asyncio
import re
import time
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import structlog
from opentelemetry.trace import SpanKind, StatusCode
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.domain import Refusal
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import problem_response
from chassis.server.bodies import BodyEnded, BodyRules, LimitedBody
from chassis.telemetry import tracing
from chassis.telemetry.metrics import HTTP_SECONDS

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[0-9a-f-]{16,36}")  # as the gateway makes them


class RequestMiddleware:
    """Refuses bodies above `max_bytes` before they are read, and requests on top of `max_waiting`
    that have no answer yet; answers for a body that does not come on for `seconds`, and for a
    handler that gives no answer within `seconds` of the body's end. A route can have other rules
    (`read_by`). A refusal waits until the rest of the body was read and dropped.

    Counts and traces by route, never by address: an address can hold a phone number, a report's
    secret number or a token. The span is our own: the instrumentation library matches every route a
    second time.

    `hot` has the routes that are called without the framework's routing (`PlainRoute`).
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        hot: Mapping[tuple[str, str], PlainRoute] = MappingProxyType({}),
        *,
        seconds: float = 10.0,
        max_waiting: int = 1000,
    ) -> None:
        self._app, self._hot, self._seconds = app, hot, seconds
        self._rules = BodyRules(max_bytes, seconds, seconds)
        self._max_waiting, self._waiting = max_waiting, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health/", "/metrics")):
            await self._app(scope, receive, send)
            return
        headers, method = dict(scope["headers"]), _method(scope)
        parent = headers.get(b"traceparent", b"").decode("latin-1")
        with tracing.span(method, parent, SpanKind.SERVER) as span:
            status = await self._answer(scope, receive, send, headers)
            route = _route(scope)
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})
            if status >= 500:
                span.set_status(StatusCode.ERROR)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]
    ) -> int:
        id = headers.get(b"x-request-id", b"").decode("latin-1")
        known = id if _REQUEST_ID.fullmatch(id) else ""
        structlog.contextvars.bind_contextvars(request_id=known)
        began, status, started = time.perf_counter(), 500, False
        limit = asyncio.timeout(self._seconds)
        body = LimitedBody(scope, receive, self._rules, limit)
        has_body = b"content-length" in headers or b"transfer-encoding" in headers

        async def watch(message: Message) -> None:
            nonlocal status, started
            if body.too_large:  # the framework turns it into an error of its own
                return
            if message["type"] == "http.response.start":
                limit.reschedule(None)  # a stream has no time limit
                if has_body and message["status"] >= 400:
                    await body.drop_rest()
                status, started = message["status"], True
                self._waiting -= 1
            await send(message)

        self._waiting += 1
        try:
            declared = int(headers.get(b"content-length", b"0") or 0)
            body.too_large = declared > body.max_bytes
            if refusal := await self._refusal(scope, body, watch, limit):
                response = problem_response(refusal)
                status = response.status_code
                if has_body:
                    await body.drop_rest()
                await response(scope, receive, send)
            return status
        finally:
            self._waiting -= not started
            labels = _method(scope), _route(scope), str(status)
            HTTP_SECONDS.labels(*labels).observe(time.perf_counter() - began)

    async def _refusal(
        self, scope: Scope, body: LimitedBody, send: Send, limit: asyncio.Timeout
    ) -> Refusal | None:
        """Why the request was not answered, if it was not."""
        if self._waiting > self._max_waiting:
            return Refusal("unavailable", retry_after=1)
        try:
            if not body.too_large:
                with suppress(BodyEnded):
                    async with limit:
                        await self._handle(scope, body, send)
        except TimeoutError:
            if not limit.expired():
                raise
            return Refusal("too_slow") if body.is_stalled else Refusal("unavailable", retry_after=1)
        return Refusal("too_large", "body", limit=body.max_bytes) if body.too_large else None

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._hot.get((scope["method"], scope["path"]))
        if route is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await route.answer(request)
        if response is None:
            await self._app(scope, _again(await request.body(), receive), send)
        else:
            await response(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body}]

    async def once_more() -> Message:
        return first.pop() if first else await receive()

    return once_more


def _method(scope: MutableMapping[str, Any]) -> str:
    """`other` for an unknown one: a caller's own text must not become a label or a span's name."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: MutableMapping[str, Any]) -> str:
    return scope.get("route_path") or getattr(scope.get("route"), "path", "unmatched")
