"""Unmistakable values that tests send, and how to find them in any encoding."""

import secrets
import string
from typing import Any

from stdnum.cn import ric

from tests.support.client import new_phone

ADDRESS = "段店北路{}号院"


_DAYS = [
    f"{year}{month:02d}{day:02d}"
    for year in range(1920, 1950)
    for month in range(1, 13)
    for day in range(1, 29)
]
_BIRTHDAYS = iter(secrets.SystemRandom().sample(_DAYS, len(_DAYS)))


def id_number() -> str:
    """Valid, and of nobody: sequence code 000, born in a year that the demonstration does not use.
    Never the same one twice."""
    front = f"370104{next(_BIRTHDAYS)}000"
    return front + ric.calc_check_digit(front + "0")


class Canaries:
    """`learned` are values that the platform generates: a report's number and its key."""

    def __init__(self) -> None:
        token = secrets.token_hex(4)
        self.phone = new_phone()
        self.name = f"金丝雀{''.join(chr(0x9F00 + secrets.randbelow(90)) for _ in range(3))}"
        self.id_number = id_number()
        self.text, self.note, self.reason = (
            # Everyday words: what they mean for the report is the same each time.
            f"金丝雀{what}{token}"
            for what in ("叫得太吵了", "下午又叫了", "已经安静了")
        )
        self.address = ADDRESS.format(secrets.randbelow(10**9))
        self.word = f"canary-{secrets.token_hex(6)}"
        """Where only ASCII is possible: keys, headers, ids."""
        self.method = "".join(secrets.choice(string.ascii_uppercase) for _ in range(14))
        self.trace = secrets.token_hex(16)
        self.learned: list[str] = []

    @property
    def all(self) -> tuple[str, ...]:
        return (
            self.phone,
            self.name,
            self.id_number,
            self.text,
            self.note,
            self.reason,
            self.address,
            self.word,
            self.method,
            self.trace,
            *self.learned,
        )

    @property
    def headers(self) -> dict[str, str]:
        """All that a caller can send with any request."""
        return {
            "User-Agent": f"{self.word}/1.0 ({self.phone})",
            "Idempotency-Key": f"{self.word}-{secrets.token_hex(4)}",
            "X-Request-Id": self.word,
            "baggage": f"who={self.phone}",
            "tracestate": f"who={self.word}",
            "traceparent": f"00-{self.trace}-{self.trace[:16]}-01",
            "X-B3-TraceId": self.trace,
            "Referer": self.word,
            "X-Forwarded-For": "203.0.113.77",
            "X-Client-Trace-Id": self.word,
        }

    def anything(self) -> list[Any]:
        """Values in every form that a body may have."""
        sentence = f"{self.text} {self.name} {self.phone} {self.id_number} {self.address}"
        return [
            sentence,
            {"$ne": self.phone, self.name: sentence},
            [self.id_number, {self.word: self.reason}],
        ]

    def found_in(self, haystack: bytes) -> list[str]:
        """Those that it contains, in any encoding."""
        return [canary for canary in self.all if any(form in haystack for form in _forms(canary))]


def _forms(canary: str) -> set[bytes]:
    quoted = "".join(f"%{byte:02X}" for byte in canary.encode())
    return {
        canary.encode(),
        canary.lower().encode(),
        canary.encode("unicode_escape"),
        canary.encode("utf-16-le"),
        quoted.encode(),
        quoted.lower().encode(),
    }
