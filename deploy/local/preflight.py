"""What must be true before the platform starts: free ports, a capable machine, fetched servers."""

from collections.abc import Iterable
from pathlib import Path

from deploy.local.doctor import examine
from deploy.local.fetch import FetchError, fetch
from deploy.local.paths import CACHE
from deploy.local.ports import is_taken


class PlatformError(Exception):
    """The platform cannot do what was requested; the message says why and what to do."""


class AlreadyRunningError(PlatformError):
    """This platform is running already."""


class PortTakenError(PlatformError):
    """Another program listens on one of the platform's ports."""


def prepare(home: Path) -> None:
    """Checks this machine and fetches the servers. Raises PlatformError with what is missing."""
    problems = examine(home)
    if problems:
        raise PlatformError(
            "This machine cannot run the platform yet:\n" + "\n".join(map(str, problems))
        )
    try:
        fetch(CACHE)
    except FetchError as reason:
        raise PlatformError(str(reason)) from reason


def require_free(listeners: Iterable[tuple[str, int]]) -> None:
    """Raises PortTakenError naming each taken port and the process that needs it."""
    taken = [(name, port) for name, port in listeners if is_taken(port)]
    if taken:
        lines = "\n".join(
            f"  port {port} is taken, {name.replace('_', ' ')} needs it" for name, port in taken
        )
        raise PortTakenError(f"Another program uses ports of the platform:\n{lines}")
