"""`python -m tests.faults.wrong_clock <service> <seconds>`: the service itself on a machine whose
clock is off."""

import importlib
import sys

from tests.support.machine_clock import set_the_clock

if __name__ == "__main__":
    set_the_clock(float(sys.argv[2]))
    importlib.import_module(f"services.{sys.argv[1]}.main").service.serve()
