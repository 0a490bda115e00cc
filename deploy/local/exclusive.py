"""A file that one process at a time holds; the kernel lets go of it when that process ends, however
it ends."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class HeldElsewhereError(Exception):
    """Another process holds the file."""


@contextmanager
def exclusive(file: Path, wait: bool) -> Generator[None]:
    """Holds `file` while the block runs; HeldElsewhereError at once if `wait` is false and another
    one has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise HeldElsewhereError(str(file)) from reason
        yield
