"""The causes that an aggregate's document remembers: a repeat of one changes nothing."""

from collections.abc import Sequence

from chassis.domain import KEYED, Cause
from chassis.errors import CauseReused

MIN_KEPT = 64
"""The newest causes, kept without a time limit."""
MAX_KEPT = 1024
"""At most this many of the last day. Must exceed the uncommitted windows of a service's consumers,
so that redelivered messages are recognised."""
_DAY = 86_400


def entry(cause: Cause, now: float) -> str:
    """As the document keeps it; `now` in Unix seconds."""
    return f"{cause.mark}#{int(now)}"


def to_keep(entries: Sequence[str], now: float) -> int:
    """How many of the newest stay with the next change: more where many came within a day."""
    recent = sum(float(e.split("#")[2]) > now - _DAY for e in entries if e.count("#") == 2)
    return min(MAX_KEPT, max(MIN_KEPT, recent + 1))


def is_repeat(entries: Sequence[str], cause: Cause) -> bool:
    """Raises CauseReused when the id came before with another body."""
    for known in entries:
        id, fingerprint = known.split("#")[:2]
        if id == cause.id:
            # One from before fingerprints were keyed cannot be compared with one that is.
            comparable = fingerprint.startswith(KEYED) == cause.fingerprint.startswith(KEYED)
            if comparable and fingerprint != cause.fingerprint:
                raise CauseReused
            return True
    return False
