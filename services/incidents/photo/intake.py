"""Room for photos that are being uploaded.

A file of its own because the room is taken before a photo's body is read, and not by the handler
that stores it.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from chassis.domain import Refusal
from services.incidents.photo.domain import MAX_BYTES

_RETRY_AFTER = 5
"""Seconds. Most uploads take less."""


class Intake:
    """`room`: bytes of all uploads in hand, by what they say they will send. `share`: one caller
    may have so much of it, and no more than half of the `places`, so that one caller's slow uploads
    do not keep out everybody else."""

    def __init__(self, room: int, places: int = 64, share: float = 0.25) -> None:
        self._room, self._places = room, places
        self._room_each, self._places_each = int(room * share), places // 2
        self._bytes, self._uploads = Counter[str](), Counter[str]()

    @property
    def in_hand(self) -> int:
        """Bytes that are taken."""
        return self._bytes.total()

    @contextmanager
    def place(self, size: int | None, caller: str) -> Generator[None]:
        """Held until the block ends. `size` in bytes; None where the sender does not say: as much
        as allowed.

        Raises:
            Refusal: it is too large, or there is no room now.
        """
        if size is not None and size > MAX_BYTES:
            raise Refusal("too_large", "body", limit=MAX_BYTES)
        size = MAX_BYTES if size is None else size
        is_full = (
            self._bytes.total() + size > self._room
            or self._uploads.total() >= self._places
            or self._bytes[caller] + size > self._room_each
            or self._uploads[caller] >= self._places_each
        )
        if is_full:
            raise Refusal("uploads_full", retry_after=_RETRY_AFTER)
        self._count(caller, 1, size)
        try:
            yield
        finally:
            self._count(caller, -1, -size)

    def _count(self, caller: str, uploads: int, size: int) -> None:
        self._uploads[caller] += uploads
        self._bytes[caller] += size
        if not self._uploads[caller]:
            del self._uploads[caller], self._bytes[caller]
