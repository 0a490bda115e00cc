"""`python -m tests.faults.wrong_clock <service> <seconds>`: the service itself on a machine whose clock is off."""

import importlib
import sys
import time


def set_the_clock(off: float) -> None:
    right = time.time
    time.time = lambda: right() + off


if __name__ == "__main__":
    set_the_clock(float(sys.argv[2]))
    importlib.import_module(f"services.{sys.argv[1]}.main").service.serve()
