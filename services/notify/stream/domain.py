"""What goes over a person's open stream, and what a stream that comes back has missed. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

START = "0-0"
"""The position before everything: of a person whose live stream is empty."""
RETRY = b"retry: 2000\n\n"
KEEPALIVE = b": keepalive\n\n"
_POSITION = re.compile(r"\d{1,15}-\d{1,10}")


def position(text: str | None) -> str | None:
    """A client's `Last-Event-ID`, if it has the form of one of ours."""
    return text if text and _POSITION.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as it lies in Redis and goes to clients. `expires` in Unix milliseconds, 0 for
    never; `body` JSON."""

    message: str
    kind: str
    expires: int
    body: str

    def encode(self) -> bytes:
        return f"{self.message}\n{self.kind}\n{self.expires}\n{self.body}".encode()

    @classmethod
    def decode(cls, raw: bytes) -> "Frame":
        """Raises ValueError for what `encode` did not make."""
        message, kind, expires, body = raw.decode().split("\n", 3)
        return cls(message, kind, int(expires), body)

    def lapsed(self, now_ms: int) -> bool:
        return 0 < self.expires <= now_ms

    def sse(self, id: str | None) -> bytes:
        """As server-sent event; without an id the client's position stays where it is."""
        place = f"id: {id}\n" if id else ""
        return f"event: {self.kind}\n{place}data: {self.body}\n\n".encode()


def mark(id: str) -> bytes:
    """Moves the client's position without telling it anything: an event without data is not
    dispatched."""
    return f"id: {id}\n\n".encode()


def catch_up(
    backlog: Iterable[Frame], streamed: Sequence[tuple[str, Frame]], *, now_ms: int, off_duty: bool
) -> list[tuple[str | None, Frame]]:
    """What a stream that opens is owed, in order, each message once: (id or None, frame).

    `streamed` are the live stream's entries after the client's position; `backlog` is what the
    inbox adds, oldest first, where the live stream cannot tell. An alert is left out once it
    lapsed, or while its person is off duty.
    """
    live = {frame.message for _, frame in streamed}
    owed: list[tuple[str | None, Frame]] = [
        (None, frame) for frame in backlog if frame.message not in live
    ]
    owed += streamed
    told: set[str] = set()
    found: list[tuple[str | None, Frame]] = []
    for id, frame in owed:
        wanted = not frame.lapsed(now_ms) and not (off_duty and frame.kind == "alert")
        if wanted and frame.message not in told:
            told.add(frame.message)
            found.append((id, frame))
    return found
