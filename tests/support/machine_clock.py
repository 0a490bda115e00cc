"""A machine whose clock is off, for a process that is started on it."""

import time


def set_the_clock(off: float) -> None:
    """So many seconds ahead from here on; what is measured on the monotonic clock stays right."""
    right = time.time
    time.time = lambda: right() + off
