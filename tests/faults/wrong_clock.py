"""`python -m tests.faults.wrong_clock <service> <seconds>`: a service on a machine whose clock is
ahead."""

import importlib
import sys

from tests.support.machine_clock import shift_machine_clock

if __name__ == "__main__":
    shift_machine_clock(float(sys.argv[2]))
    importlib.import_module(f"services.{sys.argv[1]}.main").service.serve()
