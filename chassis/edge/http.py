"""The edge of each service: limits, figures, span and log id of a request. Pure ASGI, for its
price."""

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

from chassis import trace
from chassis.edge.direct import Direct
from chassis.metrics import HTTP_SECONDS
from chassis.problem import Problem

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OURS = re.compile(r"[0-9a-f-]{16,36}")  # as the gateway makes request ids


class Edge:
    """Refuses bodies above `most_bytes` before they are read, and what comes on top of
    `most_waiting` requests without an answer; answers for who gives none within `seconds` of the
    last piece of the body.

    Counts and traces answers by route, never by address: an address can hold a phone number, a
    report's secret number or a token.

    A span of our own, a third of the instrumentation library's price, which matches every route a
    second time.
    """

    def __init__(
        self,
        app: ASGIApp,
        most_bytes: int,
        direct: Mapping[tuple[str, str], Direct] = MappingProxyType({}),
        *,
        seconds: float = 10.0,
        most_waiting: int = 1000,
    ) -> None:
        self._app, self._most, self._direct = app, most_bytes, direct
        self._seconds, self._most_waiting, self._waiting = seconds, most_waiting, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health/", "/metrics")):
            await self._app(scope, receive, send)
            return
        headers, method = dict(scope["headers"]), _method(scope)
        with trace.span(
            method, headers.get(b"traceparent", b"").decode("latin-1"), SpanKind.SERVER
        ) as span:
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
        structlog.contextvars.bind_contextvars(request_id=id if _OURS.fullmatch(id) else "")
        began, status, started, limit = (
            time.perf_counter(),
            500,
            False,
            asyncio.timeout(self._seconds),
        )
        body = _Limited(receive, self._most, limit, self._seconds)

        async def watch(message: Message) -> None:
            nonlocal status, started
            if body.over:  # the framework makes another error of it
                return
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                self._waiting -= 1
                limit.reschedule(None)  # a stream may go on and on
            await send(message)

        self._waiting += 1
        try:
            body.over = int(headers.get(b"content-length", b"0") or 0) > self._most
            if refusal := await self._refusal(scope, body, watch, limit):
                status = refusal.status
                await refusal.response()(scope, receive, send)
            return status
        finally:
            self._waiting -= not started
            HTTP_SECONDS.labels(_method(scope), _route(scope), str(status)).observe(
                time.perf_counter() - began
            )

    async def _refusal(
        self, scope: Scope, body: "_Limited", send: Send, limit: asyncio.Timeout
    ) -> Problem | None:
        """Why the request was not answered, if it was not."""
        if self._waiting > self._most_waiting:
            return Problem(503, "unavailable", retry_after=1)
        try:
            if not body.over:
                with suppress(_TooLarge):
                    async with limit:
                        await self._go(scope, body, send)
        except TimeoutError:
            if not limit.expired():
                raise
            return Problem(503, "unavailable", retry_after=1)
        too_large = {"body": "problem.too_large"}
        return Problem(413, "too_large", fields=too_large, limit=self._most) if body.over else None

    async def _go(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The short way where there is one and it takes the request, else the framework's."""
        direct = self._direct.get((scope["method"], scope["path"]))
        if direct is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await direct.answer(request)
        if response is None:
            await self._app(scope, _again(await request.body(), receive), send)
        else:
            scope["route"] = direct
            await response(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body}]

    async def once_more() -> Message:
        return first.pop() if first else await receive()

    return once_more


class _TooLarge(Exception):
    pass


class _Limited:
    """Counts what a chunked body brings; the limit of time begins anew with each piece."""

    def __init__(self, receive: Receive, most: int, limit: asyncio.Timeout, seconds: float) -> None:
        self._receive, self._left, self.over = receive, most, False
        self._limit, self._seconds = limit, seconds

    async def __call__(self) -> Message:
        message = await self._receive()
        if message.get("more_body") and self._limit.when() is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.over = True
            raise _TooLarge
        return message


def _method(scope: MutableMapping[str, Any]) -> str:
    """Of the known ones: what a caller makes up is no label and no span's name."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: MutableMapping[str, Any]) -> str:
    route = scope.get("route")
    return getattr(route, "path", "unmatched")
