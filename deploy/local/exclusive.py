"""A lock file that one process at a time holds; the kernel releases it when that process ends."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class HeldElsewhereError(Exception):
    """Another process holds the lock."""


@contextmanager
def exclusive(file: Path, wait: bool) -> Generator[None]:
    """Locks `file` while the block runs. Raises HeldElsewhereError if it is locked and `wait` is
    false."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise HeldElsewhereError(str(file)) from reason
        yield
