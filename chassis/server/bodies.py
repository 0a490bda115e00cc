"""How requests' bodies come in: how large, how fast, and what becomes of one that nobody reads."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.types import Message, Receive

from chassis.domain import Refusal

MAX_DROPPED = 16 * 1024 * 1024
"""Bytes of a refused body that are read and dropped: as much as a phone's camera makes. A phone
reads the answer when it has sent everything."""
DROP_SECONDS = 10.0
_KEY = "body_rules"


@dataclass(frozen=True)
class BodyRules:
    """Bytes and seconds. A time limit counts silence: within each `seconds` at least `min_bytes`
    have to come. `total_seconds` is for all of it; 0: no limit. `answer_seconds` begin when it is
    whole."""

    max_bytes: int
    seconds: float
    answer_seconds: float
    min_bytes: int = 1
    total_seconds: float = 0


def read_by(request: Request, rules: BodyRules) -> None:
    """From now on this request's body is read by these rules, instead of those for all routes."""
    apply: Callable[[BodyRules], None] | None = request.scope.get(_KEY)
    if apply is not None:
        apply(rules)


class BodyEnded(Refusal):
    """It is too large, or its sender is gone."""


class LimitedBody:
    """A request's body, read by rules. `limit` is the time limit of the request's answer, which is
    moved on as pieces come."""

    def __init__(
        self, scope: Any, receive: Receive, rules: BodyRules, limit: asyncio.Timeout
    ) -> None:
        self._receive, self._rules, self._limit = receive, rules, limit
        self._loop = asyncio.get_running_loop()
        self._began, self._in_window = self._loop.time(), 0
        self.size, self.is_whole, self.too_large = 0, False, False
        self._is_awaited = False
        scope[_KEY] = self._apply

    @property
    def max_bytes(self) -> int:
        return self._rules.max_bytes

    @property
    def is_stalled(self) -> bool:
        """Whether a time limit that ended now would be the sender's fault."""
        return self._is_awaited and not self.is_whole

    async def __call__(self) -> Message:
        self._is_awaited = True
        message = await self._receive()
        self._is_awaited = False
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")), not message.get("more_body"))
            if self.size > self._rules.max_bytes:
                self.too_large = True
                raise BodyEnded("too_large", "body", limit=self.max_bytes)
        elif not self.is_whole:
            self.is_whole = True  # as far as anybody will ever see
            raise BodyEnded("too_slow")
        return message

    async def drop_rest(self) -> None:
        """Reads on without keeping anything, so that the caller gets to read the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DROP_SECONDS):
                while not self.is_stalled and not self.is_whole and self.size <= MAX_DROPPED:
                    message = await self._receive()
                    if message["type"] != "http.request":
                        return
                    self.size += len(message.get("body", b""))
                    self.is_whole = not message.get("more_body")

    def _count(self, size: int, is_last: bool) -> None:
        self.size += size
        self._in_window += size
        if self.is_whole:
            return
        self.is_whole = is_last
        if is_last:
            self._move(self._rules.answer_seconds)
        elif self._in_window >= self._rules.min_bytes:
            self._next_window()

    def _apply(self, rules: BodyRules) -> None:
        self._rules = rules
        self._next_window()

    def _next_window(self) -> None:
        self._in_window, seconds = 0, self._rules.seconds
        if self._rules.total_seconds:
            left = self._began + self._rules.total_seconds - self._loop.time()
            seconds = min(seconds, left)
        self._move(seconds)

    def _move(self, seconds: float) -> None:
        if self._limit.when() is not None and not self._limit.expired():
            self._limit.reschedule(self._loop.time() + seconds)
