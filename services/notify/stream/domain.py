"""What goes over a person's open stream, and what a stream that comes back has missed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from services.notify.policy import NotifyPolicy

START = "0-0"
"""The position before everything: of a person whose live stream is empty."""
RETRY = b"retry: 2000\n\n"
KEEPALIVE = b": keepalive\n\n"
_BETWEEN = "\x1f"
_POSITION = re.compile(r"\d{1,15}-\d{1,10}")


def parse_position(text: str | None) -> str | None:
    """A client's `Last-Event-ID`; None if it does not have the form of one of ours."""
    return text if text and _POSITION.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as it is sent to one of its recipients. `expires` in Unix milliseconds, 0 for
    never; `body` is JSON."""

    message: str
    kind: str
    expires: int
    body: str

    def is_expired(self, now_ms: int) -> bool:
        return 0 < self.expires <= now_ms

    def sse(self, id: str | None) -> bytes:
        """As a server-sent event; without an id the client's position stays where it is."""
        position = f"id: {id}\n" if id else ""
        return f"event: {self.kind}\n{position}data: {self.body}\n\n".encode()


@dataclass(frozen=True, slots=True)
class SharedFrame:
    """What all recipients of a message get, as it is kept in Valkey beside what is each one's own.

    Between one of the `segments` and the next goes one of a recipient's values, the first of which
    is the id of their message. All are JSON or parts of it, so that none has a control character.
    """

    kind: str
    expires: int
    segments: tuple[str, ...]

    def encode(self) -> bytes:
        return f"{self.kind}\n{self.expires}\n{_BETWEEN.join(self.segments)}".encode()

    @classmethod
    def decode(cls, raw: bytes) -> "SharedFrame":
        """Raises ValueError for what `encode` did not make."""
        kind, expires, segments = raw.decode().split("\n")
        return cls(kind, int(expires), tuple(segments.split(_BETWEEN)))

    def frame(self, own: bytes) -> Frame:
        """Raises ValueError for values that do not fit."""
        values = own.decode().split(_BETWEEN)
        if len(values) != len(self.segments) - 1:
            raise ValueError("another number of values than places")
        parts = [self.segments[0]]
        for value, segment in zip(values, self.segments[1:], strict=True):
            parts += (value, segment)
        return Frame(orjson.loads(f'"{values[0]}"'), self.kind, self.expires, "".join(parts))


def encode_own(values: Iterable[str]) -> bytes:
    return _BETWEEN.join(values).encode()


def sse_position(id: str) -> bytes:
    """Moves the client's position: an event without data is not dispatched."""
    return f"id: {id}\n\n".encode()


def catch_up(
    backlog: Iterable[Frame],
    entries: Sequence[tuple[str, Frame]],
    policy: NotifyPolicy,
    *,
    now_ms: int,
    off_duty: bool,
) -> list[tuple[str | None, Frame]]:
    """What a stream that opens has missed, in order, each message once: (id or None, frame).

    `entries` are those of the live stream after the client's position; `backlog` is what the inbox
    adds, oldest first, where the live stream cannot tell. Left out is what has expired, and what is
    held back from a person off duty.
    """
    live = {frame.message for _, frame in entries}
    candidates: list[tuple[str | None, Frame]] = [
        (None, frame) for frame in backlog if frame.message not in live
    ]
    candidates += entries
    missed: dict[str, tuple[str | None, Frame]] = {}
    for id, frame in candidates:
        held_back = off_duty and frame.kind in policy.hold_back_off_duty
        if not held_back and not frame.is_expired(now_ms):
            missed.setdefault(frame.message, (id, frame))
    return list(missed.values())
