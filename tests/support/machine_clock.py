"""A wrong machine clock, for a process under test."""

import time


def shift_machine_clock(seconds: float) -> None:
    """From here on `time.time()` is so many seconds ahead; the monotonic clock stays right."""
    right = time.time
    time.time = lambda: right() + seconds
